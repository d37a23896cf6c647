"""Public holidays where a webinar is at home, to be warned of and not to be decided for anybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from webinar_hub.rules.zones import day_words


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which many people do not work; `country` as people write it, "" where it is not known."""

    day: date
    name: str
    country: str

    @property
    def words(self) -> str:
        """As a warning says it: "7 September 2026 is Labor Day in the United States"."""
        where = f" in {self.country}" if self.country else ""
        return f"{day_words(self.day)} is {self.name}{where}"


def holidays_among(days: Iterable[date], zone_name: str) -> list[Holiday]:
    """The public holidays among these days in the country of a zone; none for a zone without a country."""
    wanted = sorted(set(days))
    code = country_of(zone_name)
    if not wanted or not code:
        return []
    known = _holidays(code, min(wanted).year, max(wanted).year)
    return [Holiday(day, known[day], _country_names().get(code, "")) for day in wanted if day in known]


@cache
def _holidays(code: str, first_year: int, last_year: int) -> dict[date, str]:
    import holidays  # noqa: PLC0415  slow import

    try:
        found = holidays.country_holidays(code, years=range(first_year, last_year + 1), language="en_US")
    except NotImplementedError:
        # Not every country is in the library; no warning is better than none of the others.
        return {}
    return {day: name for day, name in found.items()}


@cache
def _countries() -> dict[str, str]:
    """The ISO 3166 code of each place in the tz database."""
    return {name: code for code, _, name in _table("zone.tab")}


def country_of(zone_name: str) -> str:
    """The ISO 3166 code of the country whose clocks a zone shows, "" for UTC and the like."""
    return _countries().get(zone_name, "")


@cache
def _country_names() -> dict[str, str]:
    names = {code: name for code, name in _table("iso3166.tab", columns=2)}
    return names | {"US": "the United States", "GB": "the United Kingdom", "NL": "the Netherlands"}


def _table(name: str, *, columns: int = 3) -> list[tuple[str, ...]]:
    text = files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [tuple(line.split("\t")[:columns]) for line in lines]
