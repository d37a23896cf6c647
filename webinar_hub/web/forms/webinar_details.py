"""What a webinar's page says, in one form; and who teaches, in another."""

from typing import Any

from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from webinar_hub.queries.creating import WebinarDetails
from webinar_hub.rules.cohort_file import (
    NO_CREDIT,
    AgendaItem,
    NextStep,
    PresenterPart,
    Question,
    WebinarPart,
)
from webinar_hub.rules.cohort_file import checks as words
from webinar_hub.rules.cohort_file.sections import LONG_TEXT, SENTENCE, SHORT_TEXT, TITLE
from webinar_hub.rules.publishing import gives_credit
from webinar_hub.web.forms.studio_form import StudioForm, all_right, counts, number, one_of, row_is_empty, says


class AgendaRow(Form):
    """A stretch of the session."""

    minutes = StringField("Minutes")
    title = StringField("What happens")
    is_break = BooleanField("Break")

    def validate(self, extra_validators: Any = None) -> bool:
        """An empty row is left out; any other one has both."""
        if row_is_empty(self):
            return True
        return all_right(
            (self.minutes, counts(1, 24 * 60, required="How many minutes does this take?")),
            (self.title, says(TITLE, required="Say what happens then.")),
            form=self,
        )


class QuestionRow(Form):
    """A question people ask."""

    question = StringField("Question")
    answer = TextAreaField("Answer")

    def validate(self, extra_validators: Any = None) -> bool:
        """An empty row is left out; any other one has both."""
        if row_is_empty(self):
            return True
        return all_right(
            (self.question, says(SENTENCE, required="Write the question.")),
            (self.answer, says(SHORT_TEXT, required="Write the answer.", paragraphs=True)),
            form=self,
        )


class PresenterRow(Form):
    """Somebody who teaches; `id` is that of her row, "" for somebody new."""

    id = HiddenField()
    name = StringField("Name")
    credentials = StringField("Credentials")
    email = StringField("E-mail address")
    bio = TextAreaField("Bio")
    disclosure = TextAreaField("Financial interests")
    disclosure_other = TextAreaField("Non-financial interests")

    def validate(self, extra_validators: Any = None) -> bool:
        """An empty row is left out; any other one has a name."""
        if row_is_empty(self, "id"):
            return True
        long = says(SHORT_TEXT, paragraphs=True)
        return all_right(
            (self.name, says(120, required="Write her or his name.")),
            (self.credentials, says(120)),
            (self.email, says(254, check=words.mailbox)),
            (self.bio, long),
            (self.disclosure, long),
            (self.disclosure_other, long),
            form=self,
        )

    def part(self) -> tuple[int | None, PresenterPart]:
        """What was typed, with the id of her row."""
        known = number(self.id)
        part = PresenterPart(
            self.name.data or "", self.credentials.data or "", self.bio.data or "", self.disclosure.data or "",
            self.disclosure_other.data or "", self.email.data or "",
        )  # fmt: skip
        return known, part


class WebinarForm(StudioForm):
    """Everything the public page says but who teaches."""

    version = HiddenField()
    title = StringField("Title", [says(TITLE, required="A webinar needs a title.")])
    summary = StringField("Summary", [says(SENTENCE)])
    description = TextAreaField("Description", [says(LONG_TEXT, paragraphs=True)])
    audience = StringField("Who it is for", [says(SENTENCE)])
    level = StringField("Level", [says(60)])
    gives_credit = RadioField(
        "Continuing education",
        [one_of("no", "yes")],
        choices=[SelectChoice("no", "No CE credit"), SelectChoice("yes", "It gives CE credit")],
        validate_choice=False,
        default="no",
    )
    credit = StringField("Statement of credit", [says(SENTENCE)])
    outcomes = FieldList(StringField("Outcome", [says(SENTENCE)]))
    agenda = FieldList(FormField(AgendaRow))
    faq = FieldList(FormField(QuestionRow))
    next_step_text = StringField("What comes after", [says(300)])
    next_step_url = StringField("Its web address", [says(words.LONGEST_ADDRESS, check=words.web_address)])

    @classmethod
    def of(cls, view: WebinarDetails) -> "WebinarForm":
        """The form as the webinar is now, with a free row at the end of each list."""
        credit = gives_credit(view.credit)
        form = cls(
            None,
            version=str(view.version), title=view.title, summary=view.summary, description=view.description,
            audience=view.audience, level=view.level, gives_credit="yes" if credit else "no",
            credit=view.credit if credit else "", outcomes=list(view.outcomes),
            agenda=[{**entry, "minutes": str(entry["minutes"])} for entry in view.agenda],
            faq=list(view.faq), next_step_text=view.next_step_text, next_step_url=view.next_step_url,
        )  # fmt: skip
        form.offer_rows()
        return form

    def offer_rows(self) -> None:
        """A free row where a list has none at all, so that there is something to type into."""
        for rows in self.rows():
            if not rows.entries:
                rows.append_entry()

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field, and what belongs together: credit with its words, a next step with its address."""
        right = bool(super().validate(extra_validators))
        pairs = (
            (self.credit, self.gives_credit.data == "yes", "Write what credit it gives, and by whom."),
            (self.next_step_text, bool(self.next_step_url.data), "Say in a sentence where the address leads."),
            (self.next_step_url, bool(self.next_step_text.data), "Add the web address it leads to."),
        )
        for field, needed, message in pairs:
            if needed and not field.data and not field.errors:
                field.errors, right = [message], False
        if self.gives_credit.data == "yes" and self.credit.data and not gives_credit(self.credit.data):
            self.credit.errors, right = ['This says that there is none. Choose "No CE credit" instead.'], False
        return right

    def part(self, slug: str) -> WebinarPart:
        """What was typed, after it was validated."""
        agenda = [row.form for row in self.agenda.entries if not row_is_empty(row.form)]
        faq = [row.form for row in self.faq.entries if not row_is_empty(row.form)]
        step = NextStep(self.next_step_text.data or "", self.next_step_url.data or "")
        return WebinarPart(
            slug=slug,
            title=self.title.data or "",
            summary=self.summary.data or "",
            description=self.description.data or "",
            audience=self.audience.data or "",
            level=self.level.data or "",
            outcomes=tuple(entry.data for entry in self.outcomes.entries if entry.data),
            agenda=tuple(AgendaItem(number(a.minutes) or 1, a.title.data, bool(a.is_break.data)) for a in agenda),
            credit=(self.credit.data or NO_CREDIT) if self.gives_credit.data == "yes" else NO_CREDIT,
            faq=tuple(Question(q.question.data, q.answer.data) for q in faq),
            next_step=step if step.text else None,
        )


class PresentersForm(StudioForm):
    """Who teaches, in the order of the page."""

    version = HiddenField()
    presenters = FieldList(FormField(PresenterRow))

    @classmethod
    def of(cls, view: WebinarDetails) -> "PresentersForm":
        """The form as it is now."""
        names = ("id", "name", "credentials", "email", "bio", "disclosure", "disclosure_other")
        rows = [{name: str(getattr(each, name)) for name in names} for each in view.presenters]
        form = cls(None, version=str(view.version), presenters=rows)
        form.offer_rows()
        return form

    def offer_rows(self) -> None:
        """A free row where there is nobody yet."""
        if not self.presenters.entries:
            self.presenters.append_entry()

    def parts(self) -> list[tuple[int | None, PresenterPart]]:
        """Everybody who was typed, after it was validated."""
        forms = [row.form for row in self.presenters.entries if not row_is_empty(row.form, "id")]
        return [form.part() for form in forms]
