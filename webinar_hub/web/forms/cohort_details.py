"""The settings of a cohort in one form, and the two fields that a new run asks for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from webinar_hub.documents.when import duration_in_words
from webinar_hub.queries.creating import CohortDetails
from webinar_hub.rules.cohort_file import CohortPart, MessagesPart
from webinar_hub.rules.cohort_file import checks as words
from webinar_hub.rules.cohort_file.parts import LateJoin
from webinar_hub.rules.cohort_file.sections import SHORT_TEXT, TITLE
from webinar_hub.rules.message_plan import MOST_REMINDERS
from webinar_hub.services.cloning import NewRun
from webinar_hub.web.forms.studio_form import (
    StudioForm,
    a_day,
    a_time,
    counts,
    day,
    moment,
    number,
    one_of,
    says,
    time_of_day,
    validated,
    wall,
)

LADDER = (14 * 1440, 7 * 1440, 2 * 1440, 1440, 120, 60, 30, 10)
"""The reminders offered, in minutes before the start; a cohort may have others, which are offered to it."""
LATE_JOIN: dict[str, LateJoin] = {
    "all past drops": "all past drops",
    "one per day": "one per day",
    "from now on": "from now on",
}


def _reminders(form: Any, field: SelectMultipleField) -> None:
    if any(
        not value.isdecimal() or len(value) > 6 or not 1 <= int(value) <= 8 * 7 * 1440 for value in field.data or ()
    ):
        raise ValidationError("A reminder goes out between 1 minute and 8 weeks before the session.")
    if len(set(field.data or ())) > MOST_REMINDERS:
        raise ValidationError(f"At most {MOST_REMINDERS} reminders: people stop reading them.")


class CohortForm(StudioForm):
    """Everything about a run that is not a date of a session."""

    version = HiddenField()
    title = StringField("Name of this run", [says(TITLE, required="Give it a name, such as Tuesday evenings.")])
    capacity = StringField("Capacity", [counts(1, 1_000_000)])
    enrolment_opens = StringField("Sign-up opens", [wall()])
    enrolment_closes = StringField("Sign-up closes", [wall()])
    late_join = RadioField(
        "Whoever comes late gets",
        [one_of(*LATE_JOIN)],
        choices=[
            SelectChoice("all past drops", "every bonus that is open already"),
            SelectChoice("one per day", "one open bonus a day, in order, until she has caught up"),
            SelectChoice("from now on", "only what opens from then on"),
        ],
        validate_choice=False,
    )
    livestream_url = StringField("Livestream link", [says(words.LONGEST_ADDRESS, check=words.web_address)])
    host_url = StringField("Host's link", [says(words.LONGEST_ADDRESS, check=words.web_address)])
    organizer_name = StringField("Organizer", [says(120, required="Write who organizes it.")])
    organizer_email = StringField(
        "Address people answer to",
        [says(254, required="Write an address that somebody reads.", check=words.mailbox)],
    )
    declined_frees_seat = BooleanField("A place is free again when her calendar declines every session ahead")
    reminders = SelectMultipleField("Reminders", [_reminders], validate_choice=False)
    live = BooleanField('"We are live" at the start')
    thank_you = BooleanField("A thank-you after the last session")
    thank_you_minutes = StringField("How many minutes after", [counts(0, 14 * 1440)])
    welcome_note = TextAreaField("A note in the confirmation", [says(SHORT_TEXT, paragraphs=True)])
    thank_you_note = TextAreaField("A note in the thank-you", [says(SHORT_TEXT, paragraphs=True)])

    def __init__(self, *args: Any, known_reminders: tuple[int, ...] = (), **values: Any) -> None:
        super().__init__(*args, **values)
        typed = [int(value) for value in self.reminders.data or () if value.isdecimal() and len(value) < 7]
        offered = sorted({*LADDER, *known_reminders, *typed}, reverse=True)
        self.reminders.choices = [
            SelectChoice(str(minutes), f"{duration_in_words(timedelta(minutes=minutes))} before")
            for minutes in offered
        ]

    @classmethod
    def of(cls, view: CohortDetails) -> "CohortForm":
        """The form as the cohort is now."""
        now_is = view.values
        texts = ("title", "late_join", "livestream_url", "host_url", "organizer_name", "organizer_email",
                 "declined_frees_seat", "welcome_note", "thank_you_note")  # fmt: skip
        after = now_is["thank_you_minutes"]
        return cls(
            None,
            known_reminders=tuple(now_is["reminder_minutes"]),
            version=str(view.version),
            capacity=str(now_is["capacity"] or ""),
            enrolment_opens=_typed_wall(now_is["enrolment_opens_at"], view.zone),
            enrolment_closes=_typed_wall(now_is["enrolment_closes_at"], view.zone),
            reminders=[str(minutes) for minutes in now_is["reminder_minutes"]],
            live=now_is["announces_live"],
            thank_you=after is not None,
            thank_you_minutes=str(60 if after is None else after),
            **{name: now_is[name] for name in texts},
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field, and that sign-up opens before it closes."""
        right = bool(super().validate(extra_validators))
        opens, closes = moment(self.enrolment_opens), moment(self.enrolment_closes)
        if opens and closes and opens >= closes:
            self.enrolment_closes.errors = ["Sign-up closes before it opens. Swap the two or move one."]
            return False
        return right

    def part(self, key: str, zone: str) -> CohortPart:
        """What was typed, after it was validated."""
        return CohortPart(
            key=key,
            title=self.title.data or "",
            zone=zone,
            organizer_name=self.organizer_name.data or "",
            organizer_email=self.organizer_email.data or "",
            capacity=number(self.capacity),
            enrolment_opens=moment(self.enrolment_opens),
            enrolment_closes=moment(self.enrolment_closes),
            late_join=LATE_JOIN[self.late_join.data],
            livestream_url=self.livestream_url.data or None,
            declined_frees_seat=bool(self.declined_frees_seat.data),
            host_url=self.host_url.data or "",
        )

    def messages(self) -> MessagesPart:
        """What is sent by itself, after it was validated."""
        leads = sorted({int(value) for value in self.reminders.data or ()}, reverse=True)
        return MessagesPart(
            reminders=tuple(timedelta(minutes=minutes) for minutes in leads),
            live=bool(self.live.data),
            thank_you=bool(self.thank_you.data),
            thank_you_after=timedelta(minutes=number(self.thank_you_minutes) or 0),
            welcome_note=self.welcome_note.data or "",
            thank_you_note=self.thank_you_note.data or "",
        )


def _typed_wall(at: datetime | None, zone: str) -> str:
    return "" if at is None else f"{at.astimezone(UTC).astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


class NewRunForm(StudioForm):
    """When a copy begins; a copied webinar has a title of its own."""

    title = StringField("Name", [says(TITLE)])
    first = StringField("Day of the first session", [day(required="Choose the day of the first session.")])
    at = StringField("Time of day", [time_of_day()])

    def run_without_title(self) -> NewRun:
        """What was typed, where the title is that of a webinar."""
        return replace(self.run(), title="")

    def run(self, skip: frozenset[date] = frozenset()) -> NewRun:
        """What was typed, after it was validated."""
        return NewRun(validated(a_day(self.first)), a_time(self.at), skip, self.title.data or "")
