"""Files of people in and out: every usual encoding, errors that can be read, nobody mailed unasked, no formula."""

import csv
import io
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from tests.building import KEY, outbox, sign_up
from tests.counting import counting
from tests.people import send_what_is_due
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Invalid
from webinar_hub.documents.people_table import safe
from webinar_hub.documents.table_file import read_table
from webinar_hub.models import AuditEntry, Cohort, Delivery, Person, Registration
from webinar_hub.rules.people_import import checked, guessed

FILES = f"/studio/cohorts/{KEY}/people/import"
GOOD = "Name;E-Mail;Profession\nBea Moss;bea@x.example;PT\nZoë Ü.;zoe@x.example;Clown\n"


@pytest.fixture(autouse=True)
def _without_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def uploaded(owner: FlaskClient, content: bytes, name: str = "people.csv") -> str:
    """The page on which the file is looked at."""
    answer = owner.post(FILES, data={"file": (io.BytesIO(content), name)})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_nobody_in_particular_sends_large_files(app: Flask, cohort: str) -> None:
    """The form is read for its token before it is asked who sends it."""
    app.config["WTF_CSRF_ENABLED"] = True
    large = {"file": (io.BytesIO(GOOD.encode() * 2000), "people.csv")}
    assert app.test_client().post(FILES, data=large).status_code == 413


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    table = read_table(GOOD.encode(encoding))
    assert table.heading == ("Name", "E-Mail", "Profession")
    assert table.rows[1] == ("Zoë Ü.", "zoe@x.example", "Clown")


def test_an_excel_file_is_read() -> None:
    book, file = Workbook(), io.BytesIO()
    book.active.append(["First name", "Last name", "Email"])  # type: ignore[union-attr]
    book.active.append(["Bea", "Moss", "bea@x.example"])  # type: ignore[union-attr]
    book.save(file)
    assert read_table(file.getvalue()).rows == (("Bea", "Moss", "bea@x.example"),)


def test_rows_are_called_what_the_spreadsheet_calls_them() -> None:
    table = read_table(b"\n,\nName,Email\n\nBea,nobody\n")
    (row,) = checked(table.rows, guessed(table.heading), {})
    assert (row.number, row.outcome) == (5, "wrong")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"), (b"Name,Email\n", "nothing below"), (b"PK\x03\x04broken", "Excel file"),
        (b"\xd0\xcf\x11\xe0old", "old kind"), (b"%PDF-1.7", "PDF"), (bytes(range(256)) * 20, "not a table"),
        (b"Name,Email\n" + b"a,b\n" * 20_001, "at most 20,000"), (b"\xff\xfe\x00", "not a table"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_table(content)


def test_a_file_is_looked_at_before_anything_happens(app: Flask, cohort: str, owner: FlaskClient) -> None:
    sign_up(app, cohort, "zoe@x.example", "Zoe")
    where = uploaded(owner, GOOD.encode("utf-16"))
    page = owner.get(where).text
    assert "<b>1</b> get a place: Bea Moss" in page
    assert "<b>1</b> have a place already" in page
    assert "“Clown” is not in our list" in page
    with app.app_context():
        assert len(db.session.scalars(select(Registration)).all()) == 1
    before = len(outbox(app))
    assert owner.post(f"{where}/apply").status_code == 303
    assert len(outbox(app)) == before
    page = owner.get(where).text
    assert "Nobody was mailed" in page
    assert owner.post(f"{where}/apply").status_code == 409
    with app.app_context():
        assert db.session.scalars(select(Cohort.seats_taken)).one() == 2
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "people.imported")).one()
        assert (entry.detail["added"], entry.detail["told"]) == (1, False)


def test_whoever_comes_from_a_file_is_mailed_if_it_is_ticked(app: Flask, cohort: str, owner: FlaskClient) -> None:
    where = uploaded(owner, GOOD.encode())
    owner.post(f"{where}/apply", data={"tell": "on"})
    assert [mail.kind for mail in outbox(app)] == ["confirmation"] * 2
    for _ in range(2):
        send_what_is_due(app)
    assert [mail.kind for mail in outbox(app, state="sent")] == ["confirmation"] * 2 + ["invite"] * 2


def test_two_hundred_errors_in_utf_16_can_be_read(app: Flask, cohort: str, owner: FlaskClient) -> None:
    wrong = ["Bea,not an address", ",c@x.example", "Dora,a@x.example; b@x.example", f"{'N' * 130},n@x.example"]
    lines = ["Name,Email"] + [wrong[n % 4].replace("@x", f"@x{n}") for n in range(200)] + ["Fine,f@x.example"]
    where = uploaded(owner, "\r\n".join(lines).encode("utf-16"))
    page = owner.get(where).text
    assert "200 rows are wrong" in page
    assert page.count("<tr><th scope=") >= 200
    for words in ("is not an e-mail address", "There is no name", "give the other a row", "Shorten it", ">201<"):
        assert words in page, words
    assert owner.post(f"{where}/apply").status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Person.email)).all() == ["f@x.example"]
    assert "is not an e-mail address" in owner.get(where).text


def test_a_large_file_is_taken_by_set(app: Flask, cohort: str, owner: FlaskClient) -> None:
    lines = "".join(f"New Person{n},new{n}@x.example\n" for n in range(4000))
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().capacity = None
    where = uploaded(owner, f"Name,Email\n{lines}".encode("utf-16"))
    assert "<b>4,000</b> get a place" in owner.get(where).text
    with counting(app) as statements:
        assert owner.post(f"{where}/apply", data={"tell": "on"}).status_code == 303
    # Some statements for each thousand, not for each person.
    assert len(statements) < 4 * 12 + 20, len(statements)
    with app.app_context():
        assert db.session.scalars(select(Cohort.seats_taken)).one() == 4000
        assert db.session.scalar(select(func.count()).select_from(Delivery)) == 4000


def test_columns_are_chosen_and_kept(app: Flask, cohort: str, owner: FlaskClient) -> None:
    where = uploaded(owner, b"Who,Where\nBea,bea@x.example\n")
    assert "Choose the column that holds the e-mail addresses" in owner.get(where).text
    refused = owner.post(f"{where}/columns", data={"name": "0"})
    assert refused.status_code == 422
    assert '<option value="0" selected>Who' in refused.text
    assert owner.post(f"{where}/columns", data={"name": "0", "email": "1"}).status_code == 303
    assert "<b>1</b> get a place" in owner.get(where).text
    assert owner.post(f"{where}/forget").status_code == 303
    assert owner.get(where).status_code == 404


def test_too_few_seats_bring_in_nobody(app: Flask, cohort: str, owner: FlaskClient) -> None:
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().capacity = 1
    where = uploaded(owner, GOOD.encode())
    refused = owner.post(f"{where}/apply", data={"tell": "on"})
    assert (refused.status_code, "fewer free seats" in refused.text) == (409, True)
    assert 'name="tell" checked' in refused.text
    with app.app_context():
        assert db.session.scalars(select(Person)).all() == []


def test_who_left_stays_away_unless_it_is_ticked(app: Flask, cohort: str, owner: FlaskClient) -> None:
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    with app.app_context():
        place = db.session.scalars(select(Registration)).one()
    owner.post(f"/studio/people/{place.person_id}/places/{place.id}/cancel")
    where = uploaded(owner, b"Name,Email\nBea,bea@x.example\n")
    assert "had a place and left" in owner.get(where).text
    owner.post(f"{where}/apply")
    where = uploaded(owner, b"Name,Email\nBea,bea@x.example\n")
    with app.app_context():
        assert db.session.scalars(select(Registration.state)).one() == "cancelled"
    owner.post(f"{where}/apply", data={"bring_back": "on"})
    with app.app_context():
        assert db.session.scalars(select(Registration.state)).one() == "confirmed"
        assert db.session.scalars(select(Cohort.seats_taken)).one() == 1


@pytest.mark.parametrize("size", [12_100_000, 5_000_000_000])
def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    app: Flask, cohort: str, owner: FlaskClient, size: int
) -> None:
    answer = owner.post(
        FILES, content_type="multipart/form-data; boundary=x", environ_overrides={"CONTENT_LENGTH": str(size)}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "＝1"])
def test_a_cell_is_never_a_formula(cell: str) -> None:
    assert safe(cell) == f"'{cell}"
    assert safe("Ann = Lee") == "Ann = Lee"


def test_an_export_is_safe_and_remembered(app: Flask, cohort: str, owner: FlaskClient, tmp_path: Path) -> None:
    sign_up(app, cohort, "ann@x.example", "=HYPERLINK(1)")
    sign_up(app, cohort, "bea@x.example", "Bea, Möss")
    for address in ("/studio/people/export", f"/studio/cohorts/{KEY}/people/export"):
        assert "Columns" in owner.get(address).text
        form = {"all": "yes", "column": ["name", "email", "joined"], "format": "csv", "bom": "on"}
        answer = owner.post(address, data=form)
        assert answer.data.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert rows == [
            ["Name", "E-mail", "Sessions joined"],
            ["'=HYPERLINK(1)", "ann@x.example", "0"],
            ["Bea, Möss", "bea@x.example", "0"],
        ]
        with owner.post(address, data=form | {"format": "xlsx"}) as answer:
            book = load_workbook(io.BytesIO(answer.data))
        assert [cell.value for cell in book.worksheets[0]["A"]] == ["Name", "'=HYPERLINK(1)", "Bea, Möss"]
        nothing = owner.post(address, data={"all": "yes", "format": "csv"})
        assert (nothing.status_code, "at least one column" in nothing.text) == (422, True)
        assert 'value="csv" checked' in nothing.text
    with app.app_context():
        entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "people.exported")).all()
    assert [entry.detail["people"] for entry in entries] == [2] * 4
    assert {entry.actor.partition(":")[0] for entry in entries} == {"organizer"}
