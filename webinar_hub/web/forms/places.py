"""What a cohort is set to about its places."""

from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from webinar_hub.documents.when import duration_in_words
from webinar_hub.queries.places import PlacesView
from webinar_hub.services.place_settings import PlaceSettings
from webinar_hub.web.forms.studio_form import StudioForm, counts, moment, number, one_of, wall

OFFER_TIMES = (30, 60, 120, 240, 360, 720, 1440, 2880)
"""In minutes; a cohort that has another one keeps it."""


class PlacesForm(StudioForm):
    """Seats, the line for them, who decides, and until when people may change what they wrote."""

    version = HiddenField()
    capacity = StringField("Seats", [counts(1, 1_000_000)])
    has_waitlist = BooleanField("Have a waitlist when every seat is taken")
    offer_minutes = SelectField("How long a free seat is held", validate_choice=False)
    needs_approval = BooleanField("I decide on every sign-up")
    approval_again = BooleanField("Decide again when somebody changes what she wrote")
    changes_close = StringField("Changes are possible until", [wall()])

    def __init__(self, *args: Any, known: int = 720, **values: Any) -> None:
        super().__init__(*args, **values)
        self._offered = tuple(str(minutes) for minutes in sorted({*OFFER_TIMES, known}))
        self.offer_minutes.choices = [
            SelectChoice(minutes, duration_in_words(timedelta(minutes=int(minutes)))) for minutes in self._offered
        ]

    @classmethod
    def of(cls, view: PlacesView) -> "PlacesForm":
        """The form as the cohort is now."""
        now_is, closes = view.values, view.values["changes_close_at"]
        ticks = {name: now_is[name] for name in ("has_waitlist", "needs_approval", "approval_again")}
        zone = ZoneInfo(now_is["zone"])
        return cls(
            None,
            known=now_is["offer_minutes"],
            version=str(view.version),
            capacity=str(now_is["capacity"] or ""),
            offer_minutes=str(now_is["offer_minutes"]),
            changes_close=f"{closes.astimezone(UTC).astimezone(zone):%Y-%m-%dT%H:%M}" if closes else "",
            **ticks,
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field, and that the time is one of those offered."""
        right = bool(super().validate({"offer_minutes": [one_of(*self._offered)]}))
        if self.has_waitlist.data and right and number(self.capacity) is None:
            self.capacity.errors = ["A waitlist needs a number of seats: without one nobody ever waits."]
            return False
        return right

    def settings(self) -> PlaceSettings:
        """What was typed, after it was validated."""
        return PlaceSettings(
            capacity=number(self.capacity),
            has_waitlist=bool(self.has_waitlist.data),
            offer_minutes=int(self.offer_minutes.data),
            needs_approval=bool(self.needs_approval.data),
            approval_again=bool(self.approval_again.data),
            changes_close=moment(self.changes_close),
        )
