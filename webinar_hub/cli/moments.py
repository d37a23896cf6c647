"""Moments as an operator types them: a date, a date with a time, or how long ago."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from webinar_hub.core import clock

_AGO = re.compile(r"(\d{1,5})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Since(click.ParamType[datetime]):
    """A moment, aware: "now", "90m", "24h" and "7d" ago, or an ISO date or time, else in UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> datetime:
        """Read it; a usage error when it cannot be."""
        if value == "now":
            return clock.now()
        if ago := _AGO.fullmatch(value):
            return clock.now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is no moment. Write now, 90m, 24h, 7d, 2026-11-24 or 2026-11-24T18:00.", param, context
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
