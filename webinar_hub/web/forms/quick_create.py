"""Five fields that make a webinar, and what may be added to them."""

from datetime import date
from typing import Any

from wtforms import HiddenField, SelectField, StringField, ValidationError

from webinar_hub.rules.cohort_file import checks as words
from webinar_hub.rules.cohort_file.sections import TITLE
from webinar_hub.services.creating import QuickWish
from webinar_hub.web.forms import checks
from webinar_hub.web.forms.studio_form import StudioForm, counts, day_in, moment, number, says, validated, wall
from webinar_hub.web.forms.zone_choices import zone_choices

LONGEST = 24 * 60
MOST_WEEKS = 104


def skipped_days(form: Any, field: StringField) -> None:
    """A list of days, with commas or blanks between them."""
    parts = [part for part in (field.data or "").replace(",", " ").split() if part]
    if len(parts) > MOST_WEEKS:
        raise ValidationError(f"At most {MOST_WEEKS} days can be left out.")
    for part in parts:
        if day_in(part) is None:
            raise ValidationError("Write the days to leave out like this: 2026-12-24, 2026-12-31.")


def days_in(typed: str | None) -> frozenset[date]:
    """The days of a list that was checked."""
    days = (day_in(part) for part in (typed or "").replace(",", " ").split())
    return frozenset(day for day in days if day is not None)


class QuickCreateForm(StudioForm):
    """Title, when, how long, where, how many; `seen` says which warnings have been shown."""

    title = StringField("Title", [says(TITLE, required="Give it a title, as people will read it.")])
    starts = StringField("Date and time", [wall(required="Choose the day and the time it starts.")])
    zone = SelectField("Time zone", [checks.time_zone], validate_choice=False)
    minutes = StringField("Length in minutes", [counts(5, LONGEST, required="How long does it take?")])
    livestream_url = StringField("Livestream link", [says(words.LONGEST_ADDRESS, check=words.web_address)])
    capacity = StringField("Capacity", [counts(1, 1_000_000)])
    weeks = StringField("How many weeks", [counts(1, MOST_WEEKS)])
    skip = StringField("Days to leave out", [skipped_days])
    seen = HiddenField()

    def __init__(self, *args: Any, own_zone: str = "UTC", **values: Any) -> None:
        values = {"zone": own_zone, "minutes": "60", "weeks": "1"} | values
        super().__init__(*args, **values)
        self.zone.choices = zone_choices(own_zone, self.zone.data or own_zone)

    def wish(self) -> QuickWish:
        """What was typed, after it was validated."""
        return QuickWish(
            title=self.title.data or "",
            starts=validated(moment(self.starts)),
            zone=self.zone.data or "UTC",
            minutes=number(self.minutes) or 60,
            livestream_url=self.livestream_url.data or "",
            capacity=number(self.capacity),
            weeks=number(self.weeks) or 1,
            skip=days_in(self.skip.data),
        )
