"""The form by which a manager signs up her people, and the page that shows what was understood of it."""

import secrets

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import Field, Form, HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from webinar_hub.core.errors import Invalid
from webinar_hub.core.language import gettext as _
from webinar_hub.core.language import lazy_gettext
from webinar_hub.documents.names import plain_name
from webinar_hub.documents.table_file import read_table
from webinar_hub.rules.guest_list import Guest, as_text, read_guests, welcome
from webinar_hub.rules.invitation import MOST_IN_GROUP
from webinar_hub.services.groups import Manager
from webinar_hub.web.forms import checks
from webinar_hub.web.forms.answered import AnsweredForm
from webinar_hub.web.forms.sign_up import STALE

LONGEST_TEXT = 30_000


def _short(form: Form, field: Field) -> None:
    field.data = plain_name(field.data or "")
    if len(field.data) > checks.LONGEST_NAME:
        raise ValidationError(_("At most %(number)s characters.", number=checks.LONGEST_NAME))


class WhoForm(FlaskForm):
    """Who signs up the others; made before the people, so that its mistakes are named first."""

    name = StringField(lazy_gettext("Your name"), [checks.name])
    email = StringField(lazy_gettext("Your e-mail address"), [checks.email])
    organisation = StringField(lazy_gettext("Your clinic or organization"), [_short])


class PeopleForm(AnsweredForm):
    """The people themselves, typed or in a file; a file is turned into lines, so that they can be looked at."""

    people = TextAreaField(lazy_gettext("Your people, one per line"))
    file = FileField(lazy_gettext("Or choose a CSV file"))
    leave_empty = StringField(lazy_gettext("Leave this field empty"))
    form_token = HiddenField()

    guests: tuple[Guest, ...] = ()

    def understand(self) -> bool:
        """Read the lines and the file, and check every field; whether there is somebody to invite."""
        is_right = bool(super().validate())
        if self.csrf_token.errors:
            self.problem = STALE
        self._take_file_in()
        self.form_token.data = (self.form_token.data or "")[:64] or secrets.token_urlsafe(24)
        self.guests = read_guests(self.people.data or "")
        if self.file.errors:
            return False
        if problem := self._people_problem():
            self.people.errors = [problem]
        return is_right and not self.people.errors

    def _people_problem(self) -> str:
        known = len(welcome(self.guests))
        if not known:
            return _("Write at least one person with an e-mail address.")
        if known > MOST_IN_GROUP:
            return _("A group has at most %(most)s people. Take some out.", most=MOST_IN_GROUP)
        return ""

    def _take_file_in(self) -> None:
        """Put the lines of a file below those that were typed."""
        content = self.file.data.read() if self.file.data else b""
        if content:
            try:
                lines = _table_lines(content)
            except Invalid as problem:
                self.file.errors = [problem.message]
                return
            self.people.data = f"{self.people.data or ''}\n{lines}".strip()
        self.people.data = (self.people.data or "")[:LONGEST_TEXT]


class GroupForm(WhoForm, PeopleForm):
    """Who signs up whom."""

    def manager(self, language: str) -> Manager:
        """Who she is, as she gave herself."""
        return Manager(
            plain_name(self.name.data or ""),
            (self.email.data or "").strip(),
            self.organisation.data or "",
            language,
        )


def _table_lines(content: bytes) -> str:
    """A file as lines. Whoever is not signed in may bring text only: what is packed can unpack to anything."""
    if content.startswith(b"PK"):
        raise Invalid(
            "file", _("Save the sheet as CSV, and choose that file; or copy the cells into the field above.")
        )
    first, _line_end, rest = content.strip().partition(b"\n")
    if b"@" in first and not rest:
        # One person without a heading is no table yet.
        return first.decode("utf-8", errors="replace")
    table = read_table(content)
    return as_text(table.heading, table.rows)
