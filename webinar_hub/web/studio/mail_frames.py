"""A mail inside a page of the studio: in a frame of its own where no script runs and nothing of ours is reached."""

from flask import Response, current_app, render_template, request
from werkzeug.wrappers import Response as Answer

from webinar_hub.core import clock
from webinar_hub.core.errors import HubError
from webinar_hub.documents.email import Composer
from webinar_hub.documents.letters import Letter, Recipient
from webinar_hub.documents.notices import Words
from webinar_hub.queries import previews
from webinar_hub.queries.previews import About
from webinar_hub.services import notices
from webinar_hub.services.notices import Envelope
from webinar_hub.web.current import hub
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.studio.access import staff

_POLICY = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'"
)


def chosen_reader() -> int | None:
    """Whose eyes are asked for: the number of a registration in `as`, or nobody's."""
    return whole(request.values.get("as"))


def words_of(cohort: int, about: About) -> Words:
    """What the mail says. Raises what `previews.preview` raises."""
    letter, recipient = previews.preview(cohort, about, hub(), clock.now())
    return read(letter, recipient)


def read(letter: Letter, recipient: Recipient) -> Words:
    """What a letter says to somebody."""
    composer: Composer = current_app.extensions["composer"]
    return composer.read(letter, recipient)


def frame(cohort: int, about: About, *, as_text: bool = False) -> Answer:
    """The mail for the frame, as HTML or as its plain-text part; where there is none, why."""
    try:
        words = words_of(cohort, about)
    except HubError as problem:
        return _framed(render_template("studio/messages/no_mail.html", problem=problem.message))
    if as_text:
        return _framed(render_template("studio/messages/text_part.html", words=words))
    return _framed(words.html)


def problems_frame(found: list[str]) -> Answer:
    """What keeps these words from becoming a mail, where the mail would be."""
    return _framed(render_template("studio/messages/no_mail.html", problems=found))


def not_yet_frame() -> Answer:
    """What stands where the mail will be before anything is written: no reproach."""
    words = "As soon as you write, the mail appears here as people will get it."
    return _framed(render_template("studio/messages/no_mail.html", problem=words))


def sender(cohort: int) -> str:
    """The address that mails of this cohort come from."""
    return hub().sender or previews.organizer_email(cohort)


def send_test(cohort: int, about: About) -> None:
    """Put the mail, as she would see it, into the outbox to whoever is signed in, marked as a test."""
    letter, recipient = previews.preview(cohort, about, hub(), clock.now())
    words, who = read(letter, recipient), staff()
    envelope = Envelope(
        to_email=who.email, to_name=who.name, from_email=letter.from_address, from_name=letter.organizer_name
    )
    marked = Words(f"[TEST] {words.subject}"[:300], words.text, words.html)
    notices.write("test", envelope, marked, now=clock.now())


def _framed(html: str) -> Answer:
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    return response
