"""What an organizer writes to a part of a cohort."""

from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from webinar_hub.documents.when import when_in
from webinar_hub.queries.announcements import AnnouncementView, Choices
from webinar_hub.rules.answered import parted
from webinar_hub.rules.segment import Segment
from webinar_hub.services.announcements import Draft
from webinar_hub.web.forms.answered import AnsweredForm

KINDS = (
    SelectChoice("announcement", "About her place: a change, something to bring, a link"),
    SelectChoice("news", "News: only to those who asked for news, with a way to end them"),
)
STATES = (
    SelectChoice("confirmed", "Who has a place"),
    SelectChoice("waiting", "Who is on the waitlist"),
    SelectChoice("pending", "Who waits for your decision"),
    SelectChoice("cancelled", "Who gave her place back"),
)
ANY = SelectChoice("", "Does not matter")


class AnnouncementForm(AnsweredForm):
    """Words and audience; the lists of sessions, bonuses and professions are the cohort's."""

    version = HiddenField(default="0")
    kind = RadioField("What is it?", choices=list(KINDS), default="announcement", validate_choice=False)
    subject = StringField("Subject")
    body = TextAreaField("What you want to say")
    whole_webinar = BooleanField("Every cohort of this webinar, and not only this one")
    state = SelectField("Registration", choices=list(STATES), default="confirmed", validate_choice=False)
    session = SelectField("Session", validate_choice=False)
    drop = SelectField("Bonus", validate_choice=False)
    professions = SelectMultipleField("Profession", validate_choice=False)
    answer = SelectField("Answer", validate_choice=False)

    def offer(self, choices: Choices, zone: str) -> None:
        """Fill the lists, before the form is shown."""
        self.session.choices = [ANY]
        for id_, title, at in choices.sessions:
            told = f"{title or 'Session'}, {when_in(at, zone)}"
            self.session.choices += [
                SelectChoice(f"{id_}:came", f"Came to: {told}"),
                SelectChoice(f"{id_}:missed", f"Missed: {told}"),
            ]
        self.drop.choices = [ANY]
        for id_, title, _ in choices.drops:
            self.drop.choices += [
                SelectChoice(f"{id_}:took", f"Downloaded: {title}"),
                SelectChoice(f"{id_}:not", f"Has not downloaded: {title}"),
            ]
        self.answer.choices = [ANY]
        for asked in choices.questions:
            self.answer.choices += [SelectChoice(value, f"{asked.label} {words}") for value, words in asked.answers]
        self.professions.choices = [SelectChoice(one, one) for one in choices.professions]

    def show(self, view: AnnouncementView) -> None:
        """What is stored, to be changed."""
        segment = view.segment
        self.version.data = str(view.version)
        self.kind.data, self.subject.data, self.body.data = view.kind, view.subject, view.body
        self.whole_webinar.data, self.state.data = view.whole_webinar, segment.state
        self.session.data = _pair(segment.session, "came" if segment.came else "missed")
        self.drop.data = _pair(segment.drop, "took" if segment.took else "not")
        self.professions.data = list(segment.professions)
        self.answer.data = f"{segment.question}:{segment.answer}" if segment.question else ""

    def draft(self) -> Draft:
        """What was typed; what is not in the lists does not matter."""
        session, came = _parts(self.session)
        drop, took = _parts(self.drop)
        offered = {choice.value for choice in self.professions.iter_choices()}
        is_offered = self.answer.data in [choice.value for choice in self.answer.iter_choices()]
        question, answer = parted(self.answer.data or "") if is_offered else ("", "")
        return Draft(
            kind=self.kind.data or "announcement",
            subject=(self.subject.data or "").strip(),
            body=(self.body.data or "").replace("\r\n", "\n"),
            segment=Segment(
                state=self.state.data if self.state.data in [one.value for one in STATES] else "confirmed",
                session=session,
                came=came != "missed",
                drop=drop,
                took=took != "not",
                professions=tuple(one for one in self.professions.data or () if one in offered),
                question=question,
                answer=answer,
            ),
            whole_webinar=bool(self.whole_webinar.data),
        )

    @property
    def seen(self) -> int:
        """The version she saw."""
        typed: str = self.version.data or "0"
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _pair(id_: int | None, how: str) -> str:
    return "" if id_ is None else f"{id_}:{how}"


def _parts(field: Any) -> tuple[int | None, str]:
    """The row and what about it, of a choice that is in the list."""
    if not field.data or field.data not in [choice.value for choice in field.iter_choices()]:
        return None, ""
    id_, _, how = str(field.data).partition(":")
    return int(id_), how
