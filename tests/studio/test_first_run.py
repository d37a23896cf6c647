"""The first owner, the demo's owner, and the command that lets somebody in again."""

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.studio.coming_in import EMAIL, PASSWORD, given_password, is_in, link_in, mails, post, sign_in, token
from tests.studio.staff import signed_in
from webinar_hub.cli import first_run, hub
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, HouseSettings, Notice, OneTimeLink, Organizer

Run = Callable[..., Result]
OWNER = {"name": "Mara Lind", "email": EMAIL, "zone": "America/New_York", "password": PASSWORD}


@pytest.fixture
def run(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, travel: Traveller) -> Run:
    monkeypatch.setenv("WEBINAR_HUB_DATA_FOLDER", str(settings.data_folder))
    monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("WEBINAR_HUB_SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("WEBINAR_HUB_BASE_URL", settings.base_url)
    monkeypatch.setenv("WEBINAR_HUB_LOG_LEVEL", "error")
    return lambda *arguments: CliRunner().invoke(hub, arguments)


def printed(text: str) -> str:
    found = re.search(r"http://localhost(/studio/link/\S+)", text)
    assert found, text
    return found[1]


@pytest.fixture
def first(app: Flask, travel: Traveller, capsys: pytest.CaptureFixture[str]) -> str:
    """The path of the link that the service prints when it starts."""
    first_run.tell_how_to_begin(app)
    return printed(capsys.readouterr().err)


def test_the_link_makes_the_owner_once(app: Flask, client: FlaskClient, first: str) -> None:
    for _ in range(2):
        assert client.get(first).status_code == 200
        assert client.head(first).status_code == 200
    with app.app_context():
        assert db.session.scalars(select(Organizer)).all() == []
        assert db.session.scalars(select(OneTimeLink)).one().token_hash not in first
    assert post(client, first, **OWNER).status_code == 303
    assert is_in(client)
    assert client.get("/studio/team").status_code == 200
    assert app.test_client().get(first).status_code == 404
    with app.app_context():
        assert db.session.scalars(select(AuditEntry.action)).all() == ["owner.created"]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", " ", "Write your name"),
        ("email", "nobody", "Write an e-mail address like"),
        ("zone", "Mars/Olympus", "Choose your time zone"),
        ("password", "short", "at least 12 characters"),
        ("password", "x" * 201, "at most 200 characters"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_rest_stays(
    app: Flask, client: FlaskClient, first: str, field: str, typed: str, words: str
) -> None:
    answer = post(client, first, **(OWNER | {field: typed}))
    assert answer.status_code == 400
    assert words in answer.text
    for name in {"name", "email"} - {field}:
        assert f'value="{OWNER[name]}"' in answer.text
    assert PASSWORD not in answer.text
    assert post(client, first, **OWNER).status_code == 303


def test_the_link_is_valid_for_a_day(app: Flask, client: FlaskClient, first: str, travel: Traveller) -> None:
    csrf = token(client, first)
    travel.shift(24 * 3600)
    assert client.post(first, data=OWNER | {"csrf_token": csrf}).status_code == 404


def test_starting_again_prints_a_new_link_and_ends_the_old_one(
    app: Flask, client: FlaskClient, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first_run.tell_how_to_begin(app)
    assert client.get(first).status_code == 404
    assert client.get(printed(capsys.readouterr().err)).status_code == 200


def test_the_link_leads_to_where_the_service_listens_unless_an_address_is_set(
    app: Flask, travel: Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    first_run.tell_how_to_begin(app, "http://127.0.0.1:8799")
    assert "  http://localhost/studio/link/" in capsys.readouterr().err
    app.extensions["settings"].__pydantic_fields_set__.remove("base_url")
    first_run.tell_how_to_begin(app, "http://127.0.0.1:8799")
    assert "  http://127.0.0.1:8799/studio/link/" in capsys.readouterr().err


def test_nothing_is_printed_once_there_is_somebody(
    app: Flask, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given_password(app)
    first_run.tell_how_to_begin(app)
    assert capsys.readouterr().err == ""


def test_whoever_is_second_with_the_link_makes_nobody(app: Flask, client: FlaskClient, first: str) -> None:
    csrf = token(client, first)
    given_password(app, email="ines@littlehands.example")
    assert client.post(first, data=OWNER | {"csrf_token": csrf}).status_code == 409
    assert not is_in(client)


def test_the_demo_prints_a_link_for_its_owner(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    old, new = (printed(first_run.demo_studio_link(app)) for _ in range(2))
    assert client.get(old).status_code == 404
    assert post(client, new).status_code == 303
    assert is_in(client)
    other = app.test_client()
    sign_in(other, email=first_run.DEMO_EMAIL, password=first_run.DEMO_PASSWORD)
    assert is_in(other)


class TestOrganizers:
    def test_an_empty_installation_gets_its_link(self, run: Run, client: FlaskClient) -> None:
        answer = run("organizers", "list")
        assert answer.exit_code == 0
        assert client.get(printed(answer.output)).status_code == 200

    def test_everybody_is_listed(self, app: Flask, run: Run) -> None:
        given_password(app)
        run("organizers", "invite", "ines@littlehands.example", "--role", "read-only")
        assert run("organizers", "list").output.splitlines() == [
            "ines@littlehands.example  : read-only  (invited)",
            f"{EMAIL}  Mara Lind: owner",
        ]

    def test_an_invitation_is_printed_and_mailed(self, app: Flask, run: Run, client: FlaskClient) -> None:
        with app.app_context(), transaction() as session:
            stored = {"sender_address": "hello@small.example"}
            session.add(HouseSettings(id=1, stored=stored, changed_at=clock.now()))
        answer = run("organizers", "invite", "ines@littlehands.example")
        with app.app_context():
            assert db.session.scalars(select(Notice.from_email)).all() == ["hello@small.example"]
        link = printed(answer.output)
        assert link == link_in(mails(app)[-1])
        typed = {"name": "Ines", "zone": "UTC", "password": PASSWORD}
        assert post(client, link, **typed).status_code == 303
        assert client.get("/studio/team").status_code == 200

    def test_whoever_is_locked_out_gets_a_new_password(self, app: Flask, run: Run, client: FlaskClient) -> None:
        organizer = given_password(app)
        elsewhere = signed_in(app, organizer)
        link = printed(run("organizers", "reset", EMAIL, "--second-factor-too").output)
        assert not is_in(elsewhere)
        assert post(client, link, password="another four words").status_code == 303
        assert is_in(client)

    def test_a_stranger_is_not_in_the_team(self, app: Flask, run: Run) -> None:
        answer = run("organizers", "reset", "nobody@littlehands.example")
        assert answer.exit_code != 0

    def test_what_is_no_address_is_refused(self, app: Flask, run: Run) -> None:
        assert run("organizers", "invite", "nobody").exit_code != 0
