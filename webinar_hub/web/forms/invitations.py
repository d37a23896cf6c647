"""Whom the organizer invites, in which words and when; and how people come into a cohort."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from flask_wtf.file import FileField
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from webinar_hub.core.errors import Invalid
from webinar_hub.documents.table_file import read_table
from webinar_hub.queries.access import AccessView
from webinar_hub.rules.access import LONGEST_CODE, VISIBILITIES, Visibility
from webinar_hub.rules.guest_list import Guest, as_text, read_guests
from webinar_hub.rules.invitation import LONGEST_WORDS
from webinar_hub.rules.zones import NonexistentTime, to_utc
from webinar_hub.services.access_codes import Access, NewCode
from webinar_hub.services.invitations import NewList
from webinar_hub.web.forms.studio_form import StudioForm, counts, lines, moment, number, one_of, says, wall

LONGEST_HOLD = 14 * 24


class InvitationsForm(StudioForm):
    """People by paste, by file, or from earlier cohorts; the words, the moment, the reminder."""

    title = StringField("What you call this list", [says(120, required="Give it a name, such as Spring, clinics.")])
    people = TextAreaField("People, one per line")
    file = FileField("Or a CSV or Excel file")
    earlier = SelectMultipleField("Or those of earlier cohorts who asked for news", validate_choice=False)
    words = TextAreaField("Your own words", [says(LONGEST_WORDS, paragraphs=True)])
    sends = StringField("When it goes out", [wall()])
    remind_after_days = StringField("Remind after so many days", [counts(1, 60)])
    form_token = HiddenField()

    guests: tuple[Guest, ...] = ()

    def offer(self, cohorts: Sequence[tuple[int, str]]) -> None:
        """Fill the list of cohorts, before the form is shown or read."""
        self.earlier.choices = [SelectChoice(str(id_), title) for id_, title in cohorts]

    def understand(self) -> bool:
        """Check every field, and read lines and file; a file's lines are put below those that were typed."""
        is_right = bool(self.validate())
        self.form_token.data = (self.form_token.data or "")[:64] or secrets.token_urlsafe(24)
        content = self.file.data.read() if self.file.data else b""
        if content:
            try:
                table = read_table(content)
                self.people.data = f"{self.people.data or ''}\n{as_text(table.heading, table.rows)}".strip()
            except Invalid as problem:
                self.file.errors = [problem.message]
                return False
        self.people.data = lines(self.people.data)
        self.guests = read_guests(self.people.data)
        return is_right

    def chosen(self) -> list[int]:
        """The earlier cohorts that were ticked, of those that are offered."""
        offered = {choice.value for choice in self.earlier.iter_choices()}
        return [int(value) for value in self.earlier.data or () if value in offered]

    def wanted(self, zone: str) -> NewList:
        """What was understood. Raises Invalid for a moment that clocks jump over."""
        return NewList(
            self.form_token.data or "", self.title.data or "", self.guests, self.chosen(), self.words.data or "",
            _instant(self.sends, zone), number(self.remind_after_days),
        )  # fmt: skip


class AccessForm(StudioForm):
    """Who finds the webinar, and what this cohort asks."""

    version = HiddenField()
    webinar_version = HiddenField()
    visibility = RadioField(
        "Who finds this webinar, in all of its cohorts",
        [one_of(*VISIBILITIES)],
        choices=[
            SelectChoice("listed", "Everybody: it is on the home page, and search engines find it"),
            SelectChoice("unlisted", "Whoever has its address: it is in no list, and no search engine is let in"),
            SelectChoice("invitation", "The same, and whoever signs up needs an invitation or an access code"),
        ],
        validate_choice=False,
    )
    needs_code = BooleanField("Only this cohort: whoever signs up needs an invitation or an access code")
    takes_groups = BooleanField("Managers may sign up several people, who each confirm for themselves")
    group_hold_hours = StringField("Keep a seat for each of them, for so many hours", [counts(1, LONGEST_HOLD)])

    @classmethod
    def of(cls, view: AccessView) -> "AccessForm":
        """The form as it is now."""
        return cls(
            None, visibility=view.visibility, needs_code=view.needs_code, takes_groups=view.takes_groups,
            group_hold_hours=str(view.group_hold_hours or ""), version=str(view.version),
            webinar_version=str(view.webinar_version),
        )  # fmt: skip

    def access(self) -> Access:
        """What was typed."""
        visibility = cast("Visibility", self.visibility.data)
        return Access(visibility, self.needs_code.data, self.takes_groups.data, number(self.group_hold_hours))


class CodeForm(StudioForm):
    """A new access code."""

    code = StringField("The code", [says(2 * LONGEST_CODE)])
    label = StringField("What it is for", [says(80)])
    max_uses = StringField("How many may come in with it", [counts(1, 1_000_000)])
    expires = StringField("Until when", [wall()])
    gives_back = BooleanField("A place that is given back frees its use")

    def wanted(self, zone: str) -> NewCode:
        """What was typed. Raises Invalid for a moment that clocks jump over."""
        return NewCode(
            self.code.data or "", self.label.data or "", number(self.max_uses), _instant(self.expires, zone),
            self.gives_back.data,
        )  # fmt: skip


def _instant(field: Field, zone: str) -> datetime | None:
    typed = moment(field)
    try:
        return None if typed is None else to_utc(typed, zone)
    except NonexistentTime as error:
        raise Invalid(field.name, str(error)) from error
