"""Reads the filters of a list of people from an address, and writes them into one."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from webinar_hub.rules.answered import parted
from webinar_hub.rules.people import ORDERS, PROFESSIONS, STATES, Chosen, Scope, Wanted
from webinar_hub.rules.staff import Permission
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.studio.access import staff

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "state": STATES,
    "profession": PROFESSIONS,
    "attended": ("yes", "no"),
    "downloaded": ("yes", "no"),
    "mail": ("stopped", "bounced"),
    "order": ORDERS,
}
_MOST_IDS = 1000


def wanted() -> Wanted:
    """What this request looks for."""
    return read(request.values)


def read(values: MultiDict[str, str]) -> Wanted:
    """The filters; what cannot be read does not matter, and `unread` names it."""
    chosen = {name: values.get(name, "") for name in _CHOICES}
    return Wanted(
        words=values.get("words", "").strip()[:200].replace("\x00", ""),
        since=_day(values.get("since", "")),
        until=_day(values.get("until", "")),
        tag=values.get("tag", "").strip()[:40].replace("\x00", ""),
        declined=values.get("declined") == "yes",
        answer=":".join(filter(None, parted(values.get("answer", "")))),
        **{name: value for name, value in chosen.items() if value in _CHOICES[name]},
    )


def unread() -> list[str]:
    """Which days were typed that do not exist."""
    return [name for name in ("since", "until") if request.values.get(name) and not _day(request.values[name])]


def query(filters: Wanted, **also: str) -> str:
    """The filters as a query string, without those that do not matter."""
    pairs = {
        "words": filters.words, "state": filters.state, "profession": filters.profession,
        "since": filters.since.isoformat() if filters.since else "",
        "until": filters.until.isoformat() if filters.until else "",
        "attended": filters.attended, "downloaded": filters.downloaded, "mail": filters.mail, "tag": filters.tag,
        "declined": "yes" if filters.declined else "", "answer": filters.answer,
        "order": filters.order if filters.order != "newest" else "",
    }  # fmt: skip
    return urlencode({name: value for name, value in (pairs | also).items() if value})


def everybody(permission: Permission = Permission.PEOPLE) -> Scope:
    """All the people she may do this with, days in her own zone."""
    return Scope(staff().webinars(permission), staff().zone)


def chosen(scope: Scope) -> Chosen:
    """Whom the form means: those ticked, or, with `all`, everybody the filters leave."""
    if request.values.get("all") == "yes":
        return Chosen(wanted(), scope)
    typed = map(whole, request.values.getlist("who")[:_MOST_IDS])
    return Chosen(wanted(), scope, tuple(id_ for id_ in typed if id_ is not None))


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
