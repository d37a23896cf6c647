"""Changes the settings of the whole installation."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from webinar_hub.core.db import db
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import HouseLogo, HouseSettings
from webinar_hub.rules import house
from webinar_hub.services import audit
from webinar_hub.services.editing import edit

ONLY = 1
SUBJECT = "settings"


def change(typed: Mapping[str, str], *, seen: int, actor: str, now: datetime) -> None:
    """Keep what was typed into some of the fields.

    Raises Refused (rules/house.py) with words by field, EditedMeanwhile when somebody saved after version `seen`.
    """
    _keep(house.checked(typed), seen, actor, now)


def put_logo(content: bytes, *, seen: int, actor: str, now: datetime) -> None:
    """Show this picture (PNG, made by documents/logo.py) at the top of every page. Raises EditedMeanwhile."""
    digest = sha256(content).hexdigest()[:16]
    insert_new(HouseLogo, {"digest": digest, "content": content, "added_at": now}, "digest")
    _keep({"logo": digest}, seen, actor, now)


def take_logo_away(*, seen: int, actor: str, now: datetime) -> None:
    """Show the house's own sign again. Raises EditedMeanwhile."""
    _keep({"logo": ""}, seen, actor, now)


def _keep(values: Mapping[str, Any], seen: int, actor: str, now: datetime) -> None:
    row = _locked(now)
    edit(row, seen)
    before = {name: row.stored[name] for name in values if name in row.stored}
    defaults = house.House()
    changed = {name: value for name, value in values.items() if before.get(name, _own(defaults, name)) != value}
    if not changed:
        return
    row.stored = row.stored | changed
    row.changed_at = now
    was = {name: before.get(name, _own(defaults, name)) for name in changed}
    audit.note(actor, "settings.changed", SUBJECT, now=now, before=was, after=dict(changed))


def _own(defaults: house.House, name: str) -> Any:
    if name.startswith("keep_"):
        return defaults.retention[name.removeprefix("keep_")]
    value = getattr(defaults, name)
    return list(value) if isinstance(value, tuple) else value


def _locked(now: datetime) -> HouseSettings:
    row = db.session.get(HouseSettings, ONLY, with_for_update=True)
    if row is None:
        insert_new(HouseSettings, {"id": ONLY, "stored": {}, "version": 0, "changed_at": now}, "id")
        row = db.session.get_one(HouseSettings, ONLY, with_for_update=True)
    return row
