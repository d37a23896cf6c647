"""Which language a page is in, and the ways to the others.

Her own pages speak the language she chose, which is kept with her. Whoever is not recognized is answered in the
language that the address names (`?lang=es`), else in the first of her browser's that there is. No cookie is set
for it (A42): the links of a page carry the word on, and what may be cached is told apart by Vary. The studio is
English.
"""

from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock, language
from webinar_hub.core.db import transaction
from webinar_hub.services import preferences
from webinar_hub.web import visitor
from webinar_hub.web.current import links, settings

blueprint = Blueprint("languages", __name__)

_NAME = "lang"
# What an address says besides, and goes on saying in another language: where she came from, and with what.
_CARRIED = ("utm_source", "ref", "embed", "code", "invitation", "line", "left")
# Where anybody may be: the addresses of these carry the language that was chosen by one of them.
_PUBLIC = frozenset(
    {"public", "sign_up", "lost_link", "join", "calendars", "groups", "invitations", "transfer", "straight_in"}
)


@blueprint.post("/my/language")
def choose() -> Redirect:
    """Keep the language she reads: from now on her pages and mails speak it."""
    person = visitor.required()
    with transaction():
        preferences.choose_language(person, request.form.get("language", ""), now=clock.now())
    return redirect(url_for("me.page"), 303)


def register(app: Flask) -> None:
    """Have every request answered in a language, and say so in its answer."""
    app.before_request(_begin)
    app.after_request(_say_so)
    app.teardown_request(_end)
    app.url_defaults(_carry_on)
    app.jinja_env.globals.update(
        page_language=language.current, languages=language.languages, name_of_language=language.name_of,
        locale_tag=_locale_tag, in_language=in_language, here_in=here_in, this_page=this_page,
    )  # fmt: skip


def in_language(before: str = "?") -> str:
    """What to add to the address of a public page, so that the language chosen by address stays; mostly ""."""
    chosen = _chosen()
    return f"{before}{_NAME}={chosen}" if chosen else ""


def here_in(code: str) -> str:
    """The address of this page in another language."""
    return "?" + urlencode([*_other_arguments(), (_NAME, code)])


def this_page() -> str:
    """The absolute address of this page, in whatever language."""
    return links().base + request.path


def _begin() -> None:
    if request.endpoint != "static":
        language.speak(_wanted())


def _wanted() -> str:
    if request.path.startswith("/studio"):
        return language.DEFAULT
    return _chosen() or _of_the_browser()


def _chosen() -> str:
    code = request.args.get(_NAME, "")
    return code if code in language.languages() else ""


def _of_the_browser() -> str:
    usual = settings().language
    others = [code for code in language.languages() if code != usual]
    return request.accept_languages.best_match([usual, *others]) or usual


def _say_so(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Language", language.current())
        if not request.path.startswith("/studio"):
            response.vary.add("Accept-Language")
    return response


def _end(_error: BaseException | None) -> None:
    # The next request of this thread may come to an end before it has a language.
    language.speak(language.DEFAULT)


def _carry_on(endpoint: str, values: dict[str, object]) -> None:
    if endpoint.partition(".")[0] in _PUBLIC and (chosen := _chosen()):
        values.setdefault(_NAME, chosen)


def _other_arguments() -> list[tuple[str, str]]:
    return [(name, request.args[name]) for name in _CARRIED if name in request.args]


def _locale_tag() -> str:
    return str(language.locale()).replace("_", "-")
