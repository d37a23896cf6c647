"""The time zones a form offers: the common ones first, then every place the tz database keeps."""

from functools import cache
from importlib.resources import files

from wtforms.fields.choices import SelectChoice

_LONGEST = 64
_COMMON = {
    "America/New_York": "Eastern: New York",
    "America/Chicago": "Central: Chicago",
    "America/Denver": "Mountain: Denver",
    "America/Phoenix": "Arizona: Phoenix",
    "America/Los_Angeles": "Pacific: Los Angeles",
    "America/Anchorage": "Alaska: Anchorage",
    "Pacific/Honolulu": "Hawaii: Honolulu",
    "America/Halifax": "Atlantic: Halifax",
    "America/Toronto": "Canada: Toronto",
    "America/Vancouver": "Canada: Vancouver",
    "Europe/London": "United Kingdom: London",
    "Europe/Dublin": "Ireland: Dublin",
    "Europe/Berlin": "Central Europe: Berlin",
    "Asia/Kolkata": "India: Kolkata",
    "Australia/Sydney": "Australia: Sydney",
    "Pacific/Auckland": "New Zealand: Auckland",
}


def zone_choices(*also: str) -> list[SelectChoice]:
    """Every choice, grouped; `also` are zones that must be among them, as a browser may use an older name."""
    offered = _every_place()
    missing = sorted(set(also) - {choice.value for choice in offered})
    extra = [SelectChoice(name, _label(name), optgroup="Yours") for name in missing if len(name) <= _LONGEST]
    return [*extra, *offered]


@cache
def _every_place() -> tuple[SelectChoice, ...]:
    common = [SelectChoice(name, label, optgroup="Common") for name, label in _COMMON.items()]
    rest = [
        SelectChoice(name, _label(name.partition("/")[2]), optgroup=name.partition("/")[0])
        for name in _names()
        if name not in _COMMON
    ]
    return (*common, *rest, SelectChoice("UTC", "UTC", optgroup="Other"))


def _names() -> list[str]:
    # zone.tab leaves out what are only older names of the same place.
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    return sorted(line.split("\t")[2].strip() for line in table.splitlines() if not line.startswith("#"))


def _label(name: str) -> str:
    return name.replace("_", " ").replace("/", ": ")
