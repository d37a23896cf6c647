"""The hours of a cohort in one form; what they mean is in rules/hours.py."""

from datetime import time
from typing import Any

from wtforms import BooleanField, HiddenField, StringField

from webinar_hub.queries.rhythm import CohortHours
from webinar_hub.rules.hours import MIDNIGHT, Hours, minutes_of
from webinar_hub.web.forms.studio_form import StudioForm, a_time, time_of_day


class HoursForm(StudioForm):
    """All of it may be empty: then mails leave at their moments."""

    version = HiddenField()
    bonus_at = StringField("Mails about bonuses leave at", [time_of_day()])
    write_from = StringField("Nothing that can wait leaves before", [time_of_day()])
    write_until = StringField("… and nothing from then on", [time_of_day()])
    weekdays_only = BooleanField("Not on Saturdays and Sundays")

    @classmethod
    def of(cls, stored: CohortHours) -> "HoursForm":
        """The form as the cohort is now."""
        hours = stored.hours
        return cls(
            None,
            version=str(stored.version),
            bonus_at=_typed(hours.bonus_at),
            write_from=_typed(hours.opens or None),
            write_until=_typed(None if hours.closes == MIDNIGHT else hours.closes),
            weekdays_only=hours.weekdays_only,
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field, and that there is some time left between the two."""
        right = bool(super().validate(extra_validators))
        if right and self.hours().opens >= self.hours().closes:
            self.write_until.errors = ["This is not later than the beginning, so no mail could ever leave."]
            return False
        return right

    def hours(self) -> Hours:
        """What was typed, after it was validated."""
        bonus_at, opens, closes = (a_time(field) for field in (self.bonus_at, self.write_from, self.write_until))
        return Hours(
            None if bonus_at is None else minutes_of(bonus_at),
            minutes_of(opens) if opens else 0,
            # Midnight is the end of the day, not its beginning.
            minutes_of(closes) or MIDNIGHT if closes else MIDNIGHT,
            bool(self.weekdays_only.data),
        )


def _typed(minutes: int | None) -> str:
    return "" if minutes is None else f"{time(minutes // 60, minutes % 60):%H:%M}"
