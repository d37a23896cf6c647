"""Nothing kept about a person is forgotten when she asks for it, is deleted, or when its time is over."""

from datetime import UTC, datetime

import pytest

from webinar_hub.core.db import Base
from webinar_hub.models import Registration
from webinar_hub.rules.personal_data import BY_TABLE, HELD, NOT_HERS, Held, exported, path_to_people, table_of
from webinar_hub.rules.retention import KINDS, NOTICE, checked_days, kept_days, night_of, targets
from webinar_hub.services.erasing import STAYS, nothing_in

# Columns that say who somebody is, however they are called, and what opens something.
WHO = {"email", "email_key", "name", "to_email", "to_name", "phone", "address", "answers", "network", "rows"}
SECRET = ("nonce", "token", "secret", "password", "hash", "lease")
TABLES = Base.metadata.tables


def test_of_every_table_it_is_decided_whether_it_is_about_somebody() -> None:
    """A new table: one line in HELD, or the reason in NOT_HERS (`rules/personal_data.py`)."""
    decided = {*BY_TABLE, *NOT_HERS}
    assert set(TABLES) - decided == set(), "tables of which nobody has decided what becomes of them"
    assert decided - set(TABLES) == set(), "tables that are no more"
    assert set(BY_TABLE) & set(NOT_HERS) == set()
    assert len(BY_TABLE) == len(HELD), "a table is decided about twice"


def test_what_leads_to_people_by_keys_or_names_is_held_or_has_a_reason() -> None:
    found = {name for name, table in TABLES.items() if path_to_people(table) or WHO & set(table.c.keys())}
    assert {"people", "registrations", "deliveries", "delivery_events", "notices"} <= found
    assert found - {*BY_TABLE, *NOT_HERS} == set()
    # By keys alone it must be held; the one that only holds mails back for ten minutes goes with them.
    assert {name for name in NOT_HERS if path_to_people(TABLES[name])} == {"silenced_deliveries"}


@pytest.mark.parametrize("held", HELD, ids=lambda held: held.table)
def test_what_is_held_can_be_found_and_opens_nothing(held: Held) -> None:
    table = table_of(held)
    told = {column.name for column in exported(held)}
    assert not [name for name in told if any(word in name for word in SECRET)], "would open something"
    declared = {*held.via, *held.hidden, *(name for names in held.clears.values() for name in names)}
    assert declared - set(table.c.keys()) == set()
    assert held.via or held.where
    assert {held.kept_as, *held.clears} - {""} <= set(KINDS)


def test_every_kind_of_data_has_something_that_goes() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert [kind for kind in KINDS if kind != "registrations" and not list(targets(kind, moment))] == []


def test_a_place_that_evidence_belongs_to_can_be_emptied_of_everything_else() -> None:
    """LookupError for a new column without default: nobody has decided what an emptied one holds."""
    columns = [column for column in Registration.__table__.columns if column.name not in STAYS]
    assert {column.name for column in columns} >= {"answers", "reason", "nonce", "public_id", "source"}
    for column in columns:
        nothing_in(column)


def test_evidence_is_kept_as_long_as_boards_ask_for() -> None:
    assert (checked_days("attendance", " 1461 "), checked_days("attendance", "0")) == (1461, 0)
    with pytest.raises(ValueError, match="1461 days or more"):
        checked_days("attendance", "1460")
    with pytest.raises(ValueError, match="number of days"):
        checked_days("notes", "²")
    # What another release took, and what it never could have.
    assert (kept_days("attendance", 10), kept_days("attendance", 0), kept_days("notes", None)) == (1461, 0, 730)


def test_a_night_begins_at_three_on_the_installations_clock() -> None:
    late = datetime(2027, 1, 5, 7, 59, tzinfo=UTC)
    assert str(night_of("America/New_York", late)) == "2027-01-04"
    assert str(night_of("America/New_York", late.replace(hour=8))) == "2027-01-05"
    assert NOTICE.days == 14
