"""The time zones a form offers: the common ones first, then every place the tz database keeps."""

from functools import cache
from importlib.resources import files

from wtforms import Form, SelectField
from wtforms.fields.choices import SelectChoice

from webinar_hub.core.language import DEFAULT, current
from webinar_hub.core.language import gettext as _
from webinar_hub.core.language import lazy_gettext as _later
from webinar_hub.documents.when import place_of

_LONGEST = 64
_COMMON = {
    "America/New_York": _later("Eastern: New York"),
    "America/Chicago": _later("Central: Chicago"),
    "America/Denver": _later("Mountain: Denver"),
    "America/Phoenix": _later("Arizona: Phoenix"),
    "America/Los_Angeles": _later("Pacific: Los Angeles"),
    "America/Anchorage": _later("Alaska: Anchorage"),
    "Pacific/Honolulu": _later("Hawaii: Honolulu"),
    "America/Halifax": _later("Atlantic: Halifax"),
    "America/Toronto": _later("Canada: Toronto"),
    "America/Vancouver": _later("Canada: Vancouver"),
    "Europe/London": _later("United Kingdom: London"),
    "Europe/Dublin": _later("Ireland: Dublin"),
    "Europe/Berlin": _later("Central Europe: Berlin"),
    "Asia/Kolkata": _later("India: Kolkata"),
    "Australia/Sydney": _later("Australia: Sydney"),
    "Pacific/Auckland": _later("New Zealand: Auckland"),
}
_AREAS = {
    "Africa": _later("Africa"),
    "America": _later("America"),
    "Antarctica": _later("Antarctica"),
    "Arctic": _later("Arctic"),
    "Asia": _later("Asia"),
    "Atlantic": _later("Atlantic"),
    "Australia": _later("Australia"),
    "Europe": _later("Europe"),
    "Indian": _later("Indian"),
    "Pacific": _later("Pacific"),
}


class ZoneForm(Form):
    """A form that asks for her time zone."""

    zone: SelectField

    def offer_zones(self, home_zone: str) -> None:
        """Fill the list of zones, before the form is shown; the cohort's is chosen until another is."""
        self.zone.data = self.zone.data or home_zone
        self.zone.choices = zone_choices(home_zone, self.zone.data)


def zone_choices(*also: str) -> list[SelectChoice]:
    """Every choice, grouped; `also` are zones that must be among them, as a browser may use an older name."""
    offered = _every_place(current())
    missing = sorted(set(also) - {choice.value for choice in offered})
    extra = [SelectChoice(name, _label(name), optgroup=_("Yours")) for name in missing if len(name) <= _LONGEST]
    return [*extra, *offered]


@cache
def _every_place(language: str) -> tuple[SelectChoice, ...]:
    """The choices in the language that holds, which is this one."""
    common = [SelectChoice(name, str(label), optgroup=_("Common")) for name, label in _COMMON.items()]
    rest = [_place(name, in_english=language == DEFAULT) for name in _names() if name not in _COMMON]
    return (*common, *rest, SelectChoice("UTC", "UTC", optgroup=_("Other")))


def _place(name: str, *, in_english: bool) -> SelectChoice:
    area, _separator, place = name.partition("/")
    # In English places are said as their zones are called, with the state or country before it where there is one.
    label = _label(place) if in_english else place_of(name)
    return SelectChoice(name, label, optgroup=str(_AREAS.get(area, area)))


def _names() -> list[str]:
    # zone.tab leaves out what are only older names of the same place.
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    return sorted(line.split("\t")[2].strip() for line in table.splitlines() if not line.startswith("#"))


def _label(name: str) -> str:
    return name.replace("_", " ").replace("/", ": ")
