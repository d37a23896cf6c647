"""Drafts of forms: a page keeps what is typed while it is typed, and offers it again when the line was lost."""

from typing import Any

from flask import Request, request

from webinar_hub.core import clock
from webinar_hub.queries import drafts as queries
from webinar_hub.queries.drafts import DraftView
from webinar_hub.services import drafts
from webinar_hub.web.forms.studio_form import lines
from webinar_hub.web.studio.access import staff

LARGEST_FORM = 1024 * 1024
"""Octets: ten printed pages of Markdown in an alphabet that browsers write with six signs for a letter."""


def allow_long_texts(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let the forms of an area hold long texts; before anything reads them."""
    request.max_content_length = LARGEST_FORM
    request.max_form_memory_size = LARGEST_FORM


def kept(form: str) -> DraftView | None:
    """What she has typed into this form and not saved, while she looks at it afresh."""
    return queries.draft(staff().id, form) if request.method == "GET" else None


def taken_up(form: str) -> DraftView | None:
    """The draft whose link she has followed, or None."""
    return kept(form) if request.args.get("draft") == "take" else None


def done(form: str) -> None:
    """The form was saved, in the transaction under way: nothing of it is left to keep."""
    drafts.forget(staff().id, form)


def keep(asked: Request) -> None:
    """Keep what was sent as the draft of the form it names. Raises Invalid."""
    fields = [(name, lines(text)) for name, text in asked.form.items(multi=True) if name != "form"]
    drafts.keep(staff().id, asked.form.get("form", ""), fields, now=clock.now())
