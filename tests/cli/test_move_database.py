"""Moving everything to another database, both ways: all of it or nothing, and the old one stays as it is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, func, insert, select, text, update

from tests.databases import Empty
from tests.filling import ROWS, fill_every_table
from webinar_hub.cli import hub
from webinar_hub.core.clock import lease_moment
from webinar_hub.core.config import read_settings
from webinar_hub.core.db import Base, long_transaction
from webinar_hub.core.errors import Conflict
from webinar_hub.models import Delivery, Lease, Person

TABLES = Base.metadata.sorted_tables


@pytest.fixture(params=["to postgresql", "to sqlite"])
def urls(request: pytest.FixtureRequest, sqlite: Empty, postgresql: Empty, tmp_path: Path) -> tuple[str, str]:
    """An old database and a new one, both migrated and empty."""
    there = (sqlite(tmp_path), postgresql(tmp_path))
    return there if request.param == "to postgresql" else there[::-1]


@pytest.fixture
def move(urls: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Call the command on the old database."""
    monkeypatch.setenv("WEBINAR_HUB_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", urls[0])
    monkeypatch.setenv("WEBINAR_HUB_LOG_LEVEL", "error")

    def call(to: str = urls[1], *options: str, answer: str = "") -> Result:
        return CliRunner().invoke(hub, ["move-database", "--to", to, *options], input=answer)

    return call


def open_(url: str, *, keep: bool = False):
    return long_transaction(read_settings(database_url=url).database, keep=keep)


def at_rest(connection: Connection) -> None:
    """What was filled in by chance may look like work under way."""
    connection.execute(update(Lease).values(until=lease_moment(-60)))
    connection.execute(
        update(Delivery).where(Delivery.lease_until.is_not(None)).values(lease_until=lease_moment(-60))
    )


def fill(url: str) -> None:
    with open_(url, keep=True) as connection:
        fill_every_table(connection)
        at_rest(connection)


def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    with open_(url) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in TABLES
        }


def test_every_row_of_every_table_arrives_and_the_old_ones_stay(urls, move) -> None:
    fill(urls[0])
    before = everything(urls[0])
    assert {len(rows) for rows in before.values()} == {ROWS}
    answer = move(urls[1], "--yes")
    assert answer.exit_code == 0, answer.output
    assert everything(urls[1]) == before == everything(urls[0])
    for table in TABLES:
        assert f"  {table.name} " in answer.output


def count_nulls(url: str) -> dict[tuple[str, str], int]:
    """How many NULLs each column has, for SQL and not for Python: a JSON "null" is none."""
    with open_(url) as connection:
        return {
            (table.name, column.name): connection.execute(
                text(f"SELECT count(*) FROM {table.name} WHERE {column.name} IS NULL")
            ).scalar_one()
            for table in TABLES
            for column in table.columns
        }


def test_nothing_that_is_null_becomes_something_else(urls, move) -> None:
    fill(urls[0])
    move(urls[1], "--yes")
    nulls = [count_nulls(url) for url in urls]
    assert any(nulls[0].values())
    assert nulls[0] == nulls[1]


def test_new_rows_are_numbered_after_the_old_ones(urls, move) -> None:
    fill(urls[0])
    move(urls[1], "--yes")
    with open_(urls[1]) as connection:
        highest = max(connection.scalars(select(Person.id)).all())
        columns = [column for column in Person.__table__.columns if column.name != "id"]
        old = connection.execute(select(*columns).limit(1)).one()
        values = {**old._mapping, "email": "new@example.org", "email_key": "new@example.org"}
        assert connection.scalar(insert(Person).values(**values).returning(Person.id)) == highest + 1


def test_it_is_asked_first(urls, move) -> None:
    fill(urls[0])
    answer = move(urls[1], answer="n\n")
    assert (answer.exit_code, "Nothing was changed" in answer.output) == (1, True)
    assert not any(everything(urls[1]).values())


def test_while_a_worker_leads_or_mails_are_on_their_way_nothing_is_moved(urls, move) -> None:
    fill(urls[0])
    one = Delivery.id == select(func.min(Delivery.id)).scalar_subquery()
    for change, words in (
        (update(Lease).values(until=lease_moment(60)), "A worker is running"),
        (update(Delivery).where(one).values(state="sending", lease_until=lease_moment(60)), "on their way"),
    ):
        with open_(urls[0], keep=True) as connection:
            at_rest(connection)
            connection.execute(change)
        assert words in refusal(move(urls[1], "--yes"))
        assert not any(everything(urls[1]).values())


def test_a_database_with_anything_in_it_is_refused(urls, move) -> None:
    fill(urls[0])
    fill(urls[1])
    before = everything(urls[1])
    assert "not empty: there is something in access_codes, " in refusal(move(urls[1], "--yes"))
    assert everything(urls[1]) == before


@pytest.mark.parametrize(
    "to", ["mysql://h/d", "nonsense", "sqlite://", "sqlite:////no/such/folder/hub.db", "", "itself"]
)
def test_a_place_that_cannot_be_is_said_in_words(urls, move, to: str) -> None:
    answer = move(urls[0] if to == "itself" else to, "--yes")
    assert answer.exit_code == 2, answer.output
    assert "Invalid value for --to" in answer.output


def refusal(answer: Result) -> str:
    assert isinstance(answer.exception, Conflict), answer.output
    return answer.exception.message


def test_a_new_file_is_migrated_when_that_is_wanted(postgresql: Empty, tmp_path: Path, monkeypatch) -> None:
    old = postgresql(tmp_path)
    fill(old)
    monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", old)
    monkeypatch.setenv("WEBINAR_HUB_DATA_FOLDER", str(tmp_path / "data"))
    new = f"sqlite:///{tmp_path / 'new.db'}"
    refused = CliRunner().invoke(hub, ["move-database", "--to", new], input="y\nn\n")
    assert (refused.exit_code, "Make them?" in refused.output) == (1, True)
    moved = CliRunner().invoke(hub, ["move-database", "--to", new], input="y\ny\n")
    assert moved.exit_code == 0, moved.output
    assert everything(new) == everything(old)


def test_a_row_that_does_not_fit_stops_everything_and_its_table_is_named(
    sqlite: Empty, postgresql: Empty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes longer texts than its columns say; PostgreSQL does not."""
    old, new = sqlite(tmp_path), postgresql(tmp_path)
    fill(old)
    with open_(old, keep=True) as connection:
        connection.execute(update(Person).where(Person.id == 3).values(name="n" * 5000))
    monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", old)
    monkeypatch.setenv("WEBINAR_HUB_DATA_FOLDER", str(tmp_path / "data"))
    answer = CliRunner().invoke(hub, ["move-database", "--to", new, "--yes"])
    assert "A row of people does not fit" in refusal(answer)
    assert not any(everything(new).values())
