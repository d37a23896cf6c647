"""Who is played in a rehearsal, and when she comes: a form that is sent by GET, so that a story has an address."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from wtforms import Form, SelectField, StringField

from webinar_hub.documents.names import plain_name
from webinar_hub.documents.when import when_in
from webinar_hub.queries.rehearsal import RealPerson, Stage
from webinar_hub.rules.zones import NonexistentTime, to_utc
from webinar_hub.services.rehearsals import Visitor
from webinar_hub.web.forms import checks
from webinar_hub.web.forms.professions import PROFESSIONS
from webinar_hub.web.forms.zone_choices import zone_choices

EXAMPLE = "Ann Example"
ADDRESS = "ann@example.org"
_HOUR = timedelta(hours=1)
_YEARS = range(2000, 2200)
_FIELDS = ("name", "zone", "profession", "joins", "at")


class RehearsalForm(Form):
    """An invented person. Every field may be left alone."""

    name = StringField("Her name")
    zone = SelectField("Her time zone", [checks.time_zone], validate_choice=False)
    profession = SelectField("Her profession", choices=list(PROFESSIONS[1:]), validate_choice=False)
    joins = SelectField("She signs up", validate_choice=False)
    at = StringField("Or exactly at")

    def __init__(self, asked: Mapping[str, str], stage: Stage, now: datetime) -> None:
        typed = {name: value[:120] for name, value in asked.items() if name in _FIELDS}
        super().__init__(data={"name": EXAMPLE, "zone": stage.zone, "profession": "OT", "joins": "start"} | typed)
        self._stage, self._moments = stage, _moments(stage, now)
        self.zone.choices = zone_choices(stage.zone, self.zone.data or stage.zone)
        self.joins.choices = [(value, words) for value, (words, _) in self._moments.items()]

    def visitor(self) -> Visitor | None:
        """Who is played; None when a field cannot be understood, and then it says why."""
        if not self.validate():
            return None
        joins_at = self._exactly() if self.at.data else self._moments.get(self.joins.data, (None, None))[1]
        if joins_at is None:
            if not self.at.errors:
                self.joins.errors = ["Choose one of the moments from the list."]
            return None
        name = plain_name(self.name.data or "") or EXAMPLE
        return Visitor(name, ADDRESS, self.zone.data or self._stage.zone, self.profession.data or "OT", joins_at)

    def _exactly(self) -> datetime | None:
        try:
            wall = datetime.fromisoformat(self.at.data).replace(tzinfo=None)
            if wall.year not in _YEARS:
                raise ValueError("no year of a webinar")
            return to_utc(wall, self._stage.zone)
        except NonexistentTime as gap:
            self.at.errors = [str(gap)]
        except (ValueError, OverflowError):
            self.at.errors = ["Write a day and a time, such as 2026-12-08 19:00."]
        return None


def visitor_of(person: RealPerson) -> Visitor:
    """Somebody registered, as she is now, from the moment she came."""
    return Visitor(
        person.name, person.email, person.zone, person.profession, person.registered_at, person.reminders_off,
        person.bonuses_off, person.suppressed, is_real=True, rhythm=person.rhythm, opted_out=person.opted_out,
    )  # fmt: skip


def _moments(stage: Stage, now: datetime) -> dict[str, tuple[str, datetime]]:
    """The moments on offer by their names in the address, each in words."""
    zone, coming = stage.zone, [session for session in stage.sessions if not session.cancelled]
    early = stage.ahead_of_all or now
    words = "two weeks before it begins"
    # A moment at which nobody can sign up would be a story without a first page.
    if stage.opens_at and stage.opens_at > early:
        early, words = stage.opens_at, "as soon as sign-up opens"
    offered = {"start": (f"{words} ({when_in(early, zone)})", early)}
    if coming:
        last_minute = coming[0].starts_at - _HOUR
        offered["hour"] = (f"an hour before the first session ({when_in(last_minute, zone)})", last_minute)
    for session in coming[:-1]:
        after = session.ends_at + _HOUR
        offered[f"after:{session.id}"] = (f"late: an hour after {session.title} ({when_in(after, zone)})", after)
    return offered | {"now": ("now", now)}
