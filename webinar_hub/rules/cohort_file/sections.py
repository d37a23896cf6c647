"""Reads the webinar, its presenters and the messages; what has dates is read in calendar.py and drops.py."""

from datetime import timedelta
from typing import Any

from webinar_hub.rules.access import Visibility
from webinar_hub.rules.cohort_file import checks
from webinar_hub.rules.cohort_file.parts import (
    NO_CREDIT,
    AgendaItem,
    MessagesPart,
    NextStep,
    PresenterPart,
    Question,
    WebinarPart,
)
from webinar_hub.rules.cohort_file.table import Table
from webinar_hub.rules.hours import MIDNIGHT, Hours, minutes_of
from webinar_hub.rules.message_plan import MOST_REMINDERS

LONG_TEXT = 20_000
"""Characters of Markdown on the page: about ten printed pages."""
SHORT_TEXT = 2_000
SENTENCE = 400
TITLE = 150

VISIBILITY: dict[str, Visibility] = {"listed": "listed", "unlisted": "unlisted", "invitation only": "invitation"}
_REMINDERS = (timedelta(days=7), timedelta(days=1), timedelta(hours=1), timedelta(minutes=10))
_EARLIEST_REMINDER = timedelta(weeks=8)


def read_webinar(table: Table) -> WebinarPart:
    """Read [webinar]."""
    webinar = WebinarPart(
        slug=table.text("slug", longest=80, required=True, check=checks.slug),
        title=table.text("title", longest=TITLE, required=True),
        summary=table.text("summary", longest=SENTENCE, required=True),
        description=table.text("description", longest=LONG_TEXT, paragraphs=True),
        audience=table.text("audience", longest=SENTENCE),
        level=table.text("level", longest=60),
        outcomes=table.texts("outcomes", longest=SENTENCE),
        agenda=tuple(_agenda_item(entry) for entry in table.tables("agenda")),
        credit=table.text("credit", longest=SENTENCE) or NO_CREDIT,
        faq=tuple(_question(entry) for entry in table.tables("faq")),
        next_step=_next_step(table.table("next_step")),
        visibility=VISIBILITY.get(table.text("visibility", longest=20, check=_visibility)),
    )
    table.done()
    return webinar


def read_presenter(table: Table) -> PresenterPart:
    """Read one [[presenters]]."""
    presenter = PresenterPart(
        name=table.text("name", longest=TITLE, required=True),
        credentials=table.text("credentials", longest=TITLE),
        bio=table.text("bio", longest=SHORT_TEXT, paragraphs=True),
        disclosure=table.text("disclosure", longest=SHORT_TEXT, paragraphs=True),
        disclosure_other=_if_written(table, "disclosure_other", longest=SHORT_TEXT, paragraphs=True),
        email=_if_written(table, "email", longest=254, check=checks.mailbox),
    )
    table.done()
    return presenter


def _visibility(written: str) -> str:
    if written not in VISIBILITY:
        raise ValueError('Write "listed", "unlisted" or "invitation only".')
    return written


def _if_written(table: Table, key: str, **limits: Any) -> str | None:
    return table.text(key, **limits) if key in table else None


def read_messages(table: Table) -> MessagesPart:
    """Read [messages]; whatever is not written has its default."""
    thank_you_after = table.text("thank_you_after", longest=20, check=_span_text)
    messages = MessagesPart(
        reminders=_reminders(table),
        live=table.flag("live", default=True),
        thank_you=table.flag("thank_you", default=True),
        thank_you_after=checks.span(thank_you_after) if thank_you_after else timedelta(hours=1),
        welcome_note=table.text("welcome_note", longest=SHORT_TEXT, paragraphs=True),
        thank_you_note=table.text("thank_you_note", longest=SHORT_TEXT, paragraphs=True),
        hours=_hours(table),
    )
    table.done()
    return messages


def _hours(table: Table) -> Hours | None:
    bonus_at, opens, closes = (table.time_of_day(key) for key in ("bonus_at", "write_from", "write_until"))
    weekdays_only = table.flag("weekdays_only", default=False)
    if not any(key in table for key in ("bonus_at", "write_from", "write_until", "weekdays_only")):
        return None
    hours = Hours(
        None if bonus_at is None else minutes_of(bonus_at),
        minutes_of(opens) if opens else 0,
        minutes_of(closes) if closes else MIDNIGHT,
        weekdays_only,
    )
    if hours.opens >= hours.closes:
        table.refuse("write_until", "This is not later than write_from, so no mail could ever leave.")
        return None
    return hours


def _agenda_item(table: Table) -> AgendaItem:
    minutes = table.number("minutes", least=1, most=24 * 60)
    if "minutes" not in table:
        table.refuse("minutes", "This is missing. Write minutes = 10, or however long it takes.")
    item = AgendaItem(
        minutes=minutes or 1,
        title=table.text("title", longest=TITLE, required=True),
        is_break=table.flag("break", default=False),
    )
    table.done()
    return item


def _question(table: Table) -> Question:
    question = Question(
        question=table.text("question", longest=SENTENCE, required=True),
        answer=table.text("answer", longest=SHORT_TEXT, required=True, paragraphs=True),
    )
    table.done()
    return question


def _next_step(table: Table | None) -> NextStep | None:
    if table is None:
        return None
    step = NextStep(
        text=table.text("text", longest=SENTENCE, required=True),
        url=table.text("url", longest=checks.LONGEST_ADDRESS, required=True, check=checks.web_address),
    )
    table.done()
    return step


def _reminders(table: Table) -> tuple[timedelta, ...]:
    spans = tuple(checks.span(written) for written in table.texts("reminders", longest=20, check=_span_text))
    if "reminders" not in table:
        return _REMINDERS
    if len(spans) > MOST_REMINDERS:
        table.refuse("reminders", f"At most {MOST_REMINDERS} reminders: people stop reading them.")
    if len(set(spans)) < len(spans):
        table.refuse("reminders", "Two of the reminders are at the same time. Leave one out.")
    if any(not timedelta(0) < span <= _EARLIEST_REMINDER for span in spans):
        table.refuse("reminders", "A reminder goes out between 1 minute and 8 weeks before the session.")
    return tuple(sorted(spans, reverse=True))


def _span_text(written: str) -> str:
    checks.span(written)
    return written
