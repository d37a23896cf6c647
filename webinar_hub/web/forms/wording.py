"""An organizer's own words for a kind of mail."""

from wtforms import HiddenField, StringField, TextAreaField

from webinar_hub.web.forms.answered import AnsweredForm
from webinar_hub.web.forms.numbers import whole


class WordingForm(AnsweredForm):
    """Subject and text; `version` is the number of the version she saw, 0 for none."""

    version = HiddenField(default="0")
    subject = StringField("Subject")
    body = TextAreaField("Text")

    @property
    def seen(self) -> int:
        """The version she saw."""
        return whole(self.version.data) or 0

    @property
    def words(self) -> tuple[str, str]:
        """What was typed, with line ends as they are stored."""
        return (self.subject.data or "").strip(), (self.body.data or "").replace("\r\n", "\n")
