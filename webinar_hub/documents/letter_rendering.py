"""A letter's templates turned into texts with slots, once for all its recipients; email.py makes mails of them."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webinar_hub.core import language
from webinar_hub.core.language import gettext as _
from webinar_hub.core.links import Links
from webinar_hub.core.tokens import Tokens
from webinar_hub.documents import markdown, own_words, slots, when
from webinar_hub.documents.letters import Letter
from webinar_hub.rules.session import title_alone

KILOBYTE = 1000


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """Subject (one line), text and HTML (CRLF line ends) of a letter, with its slots still open."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class You:
    """What templates call the recipient: markers, as nothing of her is known yet."""

    name: str
    me: str
    unsubscribe: str
    offer: str
    downloads: tuple[str, ...]


class LetterTemplates:
    """The folders `<templates>/email/<kind>/`, each with subject.txt, body.txt and body.html."""

    def __init__(self, templates: Path) -> None:
        """Take the project's folder of templates; a template is read when its first letter is rendered."""
        self._environment = Environment(
            loader=FileSystemLoader(str(templates / "email")),
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        language.install(self._environment)
        self._environment.globals |= {
            "when_for": when.when_for,
            "when_in": when.when_in,
            "time_range": when.time_range,
            "duration": when.duration_in_words,
            "time_left": time_left,
            "title_alone": title_alone,
            "one_by_one": zip,
        }
        self._environment.filters |= {
            "markdown": markdown.to_html,
            "markdown_text": markdown.to_text,
            "file_size": file_size,
        }
        # Remote style sheets are none of ours, and fetching one would let a letter reach into the network.
        self._inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def render(self, letter: Letter) -> RenderedLetter:
        """Render one letter; raises jinja2.TemplateError when a template lacks or asks for what is not there."""
        with language.speaking(letter.language):
            return self._render(slots.without_slots(letter))

    def _render(self, letter: Letter) -> RenderedLetter:
        you = You(slots.NAME, slots.ME, slots.UNSUBSCRIBE, slots.OFFER, slots.downloads(len(letter.materials)))
        # No keys: a letter holds public links only; personal ones come with the recipient.
        values = _values(letter, you)
        facts = {
            "letter": letter,
            "you": you,
            "look": letter.look,
            "links": Links(letter.base_url, Tokens([])),
            "own": own_words.written(letter.own_words, values) if letter.own_words else None,
        }
        if letter.own_subject:
            subject = own_words.subject(letter.own_subject, values)
        else:
            subject = self._of_kind(letter, "subject.txt", facts)
        html = self._of_kind(letter, "body.html", facts | {"subject": " ".join(subject.split())})
        return RenderedLetter(
            subject=" ".join(subject.split()),
            text=_on_the_wire(self._of_kind(letter, "body.txt", facts)),
            html=_on_the_wire(self._inliner.inline(html)),
        )

    def _of_kind(self, letter: Letter, name: str, facts: dict[str, object]) -> str:
        return self._environment.get_template(f"{letter.kind}/{name}").render(facts)


def _values(letter: Letter, you: You) -> dict[str, str]:
    """What the placeholders of an organizer's own words stand for in this letter (`rules/wording.py`)."""
    values = {
        "webinar": letter.webinar_title,
        "cohort": letter.cohort_title,
        "organizer": letter.organizer_name,
        "my_page": you.me,
        "bonus": letter.drop_title,
        "session": letter.session_title,
        "time_left": time_left(letter),
        "number": str(letter.position),
    }
    zones = (letter.cohort_zone, letter.recipient_zone)
    if letter.until:
        values["until"] = when.when_for(letter.until, *zones)
    if letter.session:
        values["when"] = when.when_for(letter.session.starts_at, *zones)
        values["join_link"] = Links(letter.base_url, Tokens([])).join(you.me, letter.session.public_id)
        if letter.old_starts_at:
            values["old_when"] = when.when_for(letter.old_starts_at, *zones)
    return values


def time_left(letter: Letter) -> str:
    """How far a reminder's session is away, to begin a sentence: "Tomorrow", "In 1 week", "In 10 minutes"."""
    lead = letter.lead or timedelta()
    if letter.session and timedelta(hours=12) <= lead < timedelta(days=2):
        starts = letter.session.starts_at.astimezone(ZoneInfo(letter.recipient_zone))
        reminded = (letter.session.starts_at - lead).astimezone(ZoneInfo(letter.recipient_zone))
        if starts.date() - reminded.date() == timedelta(days=1):
            return _("Tomorrow")
    return _("In %(time)s", time=when.duration_in_words(lead))


def file_size(size: int) -> str:
    """A file's size as people say it: "340 kB", "1.2 MB"; kilobytes of 1,000 bytes, as file managers count."""
    kilobytes = max(1, round(size / KILOBYTE))
    if kilobytes < KILOBYTE:
        return f"{kilobytes} kB"
    return f"{format_decimal(size / KILOBYTE**2, format='0.0', locale=language.locale(), group_separator=False)} MB"


def _on_the_wire(text: str) -> str:
    """No blanks at the end of a line, at most one empty line, CRLF."""
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n").replace("\n", "\r\n") + "\r\n"
