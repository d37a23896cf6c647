"""Forms that can show what a service said to them."""

from flask_wtf import FlaskForm

from webinar_hub.core.errors import HubError


class AnsweredForm(FlaskForm):
    """Keeps what was typed; `problem` stands above the fields, "" while there is none."""

    problem = ""

    def refuse(self, said: HubError, elsewhere: str = "") -> None:
        """Show it beside the field it names, beside `elsewhere` if it names none, or above the form."""
        name = getattr(said, "field", elsewhere)
        if name in self._fields:
            self._fields[name].errors = [said.message]
        else:
            self.problem = said.message
