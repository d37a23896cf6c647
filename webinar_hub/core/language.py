"""In which language something is said: whatever a registrant reads goes through `gettext`, in code and templates.

Words are written in English where they are used and translated by the catalogs below `webinar_hub/translations`,
one a language, which are read as they are written (.po): a language more is a folder more, and nothing is compiled.
Values go in by name: `gettext("Hello %(name)s", name=name)`; what is counted goes through `ngettext`. What is
fixed when a module is loaded, as the label of a field, is `lazy_gettext`, and becomes words when it is shown.

Which language holds is a matter of the thread and not of a request, because most words are said in mails.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar, cast

from babel import Locale, UnknownLocaleError
from babel.support import NullTranslations, Translations
from flask import Flask
from flask_babel import Babel
from flask_babel.speaklater import LazyString

DEFAULT = "en"
"""The language of what stands in the code."""
CATALOGS = Path(__file__).resolve().parents[1] / "translations"
# Most readers live in the United States, so time is told as there: in Spanish "7:00 p.m.", not "19:00".
_TERRITORY = "US"

_spoken = ContextVar("language", default=DEFAULT)
_folder = CATALOGS

Result = TypeVar("Result")


def register(app: Flask) -> None:
    """Have the app's templates, and the libraries that ask Flask-Babel, speak the language that holds."""
    Babel(app, default_locale=DEFAULT, locale_selector=current)
    install(app.jinja_env)


def install(environment: Any) -> None:
    """Give Jinja templates `_`, `ngettext` and `{% trans %}`; values are escaped where the template escapes."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(_said, _counted, newstyle=True)


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages there are: English, and one for each catalog."""
    found = sorted(path.parts[-3] for path in _folder.glob("*/LC_MESSAGES/messages.po"))
    return (DEFAULT, *(code for code in found if code != DEFAULT and _is_known(code)))


def known(code: str) -> str:
    """The code if there is such a language, else that of English."""
    return code if code in languages() else DEFAULT


def name_of(code: str) -> str:
    """What its speakers call a language: "English", "Español"."""
    name = Locale.parse(code).get_language_name(code) or code
    return name[:1].upper() + name[1:]


def current() -> str:
    """The code of the language that holds here."""
    return _spoken.get()


def speak(code: str) -> None:
    """Go on in this language, or in English where there is no such; for entry points, which also end it."""
    _spoken.set(known(code))


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Say something in this language, or in English where there is no such."""
    token = _spoken.set(known(code))
    try:
        yield
    finally:
        _spoken.reset(token)


def as_here(work: Callable[[], Result]) -> Callable[[], Result]:
    """The same work, in the language that holds now, whichever thread does it."""
    code = current()

    def in_that_language() -> Result:
        with speaking(code):
            return work()

    return in_that_language


def locale() -> Locale:
    """How dates, times and numbers are written in the language that holds here."""
    return _locale(current())


def gettext(message: str, **values: object) -> str:
    """The words in the language that holds here, with values by name."""
    said = _said(message)
    return said % values if values else said


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """The form of the words that so many are spoken of with; `%(num)s` is the number."""
    return _counted(singular, plural, num) % ({"num": num} | values)


def lazy_gettext(message: str, **values: object) -> str:
    """The words in the language that holds when they are shown; str() of it makes words at once."""
    return cast("str", LazyString(gettext, message, **values))


def noop(message: str) -> str:
    """The English words, which catalogs then have: for what is kept in English and said by `gettext` later."""
    return message


def use_catalogs(folder: Path) -> None:
    """Read the catalogs of another folder from now on: for tests, and for trying one out."""
    global _folder
    _folder = folder
    languages.cache_clear()
    _catalog.cache_clear()


def _said(message: str) -> str:
    # In a catalog nothing stands for its header.
    return _catalog(_spoken.get()).gettext(message) if message else ""


def _counted(singular: str, plural: str, num: int) -> str:
    return _catalog(_spoken.get()).ngettext(singular, plural, num)


@cache
def _catalog(code: str) -> NullTranslations:
    if code == DEFAULT:
        return NullTranslations()
    from babel.messages.mofile import write_mo  # noqa: PLC0415  slow import
    from babel.messages.pofile import read_po  # noqa: PLC0415  slow import

    with (_folder / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale=code)
    compiled = BytesIO()
    # What is marked as fuzzy is left out: nobody has looked at it.
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


@cache
def _locale(code: str) -> Locale:
    try:
        return Locale(code, _TERRITORY)
    except UnknownLocaleError:
        return Locale.parse(code)


def _is_known(code: str) -> bool:
    try:
        Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return False
    return True
