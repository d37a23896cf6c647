"""The wheel holds everything the service needs, and the migrations describe the models."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask

ROOT = Path(__file__).parent.parent

# Run inside the installation: what a visitor sees, and where it came from.
VISIT = """
import sys
from importlib.metadata import distribution
import webinar_hub
from webinar_hub.app import create_app
assert [script.name for script in distribution("webinar-hub").entry_points if script.load()] == ["webinar-hub"]
client = create_app().test_client()
assert webinar_hub.__file__.startswith(sys.prefix), webinar_hub.__file__
assert b"<html" in client.get("/").data
assert "Ir al contenido" in client.get("/?lang=es").text
assert b"--" in client.get("/static/css/tokens.css").data
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), folder=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; the dependencies are those of the environment the tests run in."""
    home = tmp_path_factory.mktemp("installation")
    venv.create(home, with_pip=False)
    (packages,) = home.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # A folder on the path is not searched for .pth files, so the editable installation stays out of sight.
    borrowed = [entry for entry in sys.path if entry.endswith("site-packages")]
    (packages / "dependencies.pth").write_text("\n".join(borrowed))
    return home


def run(*command: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_what_lies_outside_the_package(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("templates", "migrations"):
        wanted = {f"webinar_hub/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / folder).rglob("*.*")}
        assert {name for name in wanted if "__pycache__" not in name} <= names
    assert {"wsgi.py", "webinar_hub/static/css/tokens.css", "webinar_hub/example/cohort.toml"} <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_the_service_runs_from_the_wheel(installation: Path, tmp_path: Path) -> None:
    python, settings = str(installation / "bin" / "python"), {"WEBINAR_HUB_DATA_FOLDER": str(tmp_path / "data")}
    output = run(python, "-m", "webinar_hub", "migrate", folder=tmp_path, **settings)
    assert "up to date" in output
    run(python, "-c", VISIT, folder=tmp_path, **settings)
    run(python, "-c", "import wsgi; wsgi.app.test_client().get('/')", folder=tmp_path, **settings)


def test_the_migrations_describe_the_models(app: Flask) -> None:
    with app.app_context():
        flask_migrate.check()


def test_flask_s_own_command_knows_the_migrations(installation: Path, tmp_path: Path) -> None:
    flask = (str(installation / "bin" / "python"), "-m", "flask", "--app", "wsgi", "db")
    settings = {"WEBINAR_HUB_DATA_FOLDER": str(tmp_path / "data")}
    run(*flask, "upgrade", folder=tmp_path, **settings)
    assert "No new upgrade operations detected" in run(*flask, "check", folder=tmp_path, **settings)


def test_what_takes_long_to_load_is_not_loaded_before_it_is_needed(tmp_path: Path) -> None:
    """From process start to the first page: benchmarks/start.py measures what this keeps."""
    start = "import sys, webinar_hub.cli.serve_command as serve; serve.create_app(studio_waits=True)"
    loaded = run(
        sys.executable, "-c", f"{start}; print(*sys.modules)", folder=ROOT, WEBINAR_HUB_DATA_FOLDER=str(tmp_path)
    )
    slow = {
        "alembic",
        "icalendar",
        "markdown_it",
        "typst",
        "requests",
        "urllib3",
        "flask_security",
        "email_validator",
    }
    slow |= {"webinar_hub.web.studio"}
    assert not slow & set(loaded.split())
