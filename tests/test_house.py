"""The rules of docs/architecture.md hold for every file, and every check of them can fail."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import house_rules
from tests.house_rules import CODE_RULES, FLOORS, LONGEST_FILE, LONGEST_VIEW, PYTHON_RULES, Rule
from webinar_hub.core.config import PREFIX, Settings

ROOT = Path(__file__).parent.parent
PACKAGE = [*sorted((ROOT / "webinar_hub").rglob("*.py")), ROOT / "wsgi.py"]
OTHER_PYTHON = [*sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
WRITTEN = ("*.py", "*.md", "*.html", "*.txt", "*.css", "*.js", "*.toml", "Makefile")
FOLDERS = ("webinar_hub", "templates", "migrations", "tests", "benchmarks", "docs", ".ci")


def faults(rule: Rule, files: list[Path]) -> list[str]:
    found = []
    for file in files:
        path = file.relative_to(ROOT).as_posix()
        found += [f"{path}:{fault.line}: {fault.words}" for fault in rule(path, file.read_text(encoding="utf-8"))]
    return found


def everything_written() -> Iterator[Path]:
    for pattern in WRITTEN:
        yield from ROOT.glob(pattern)
        for folder in FOLDERS:
            yield from (ROOT / folder).rglob(pattern)


@pytest.mark.parametrize("rule", CODE_RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule: Rule) -> None:
    assert faults(rule, PACKAGE) == []


@pytest.mark.parametrize("rule", PYTHON_RULES, ids=lambda rule: rule.__name__)
def test_all_python_keeps_the_rule(rule: Rule) -> None:
    assert faults(rule, PACKAGE + OTHER_PYTHON) == []


def test_no_two_files_of_tests_have_one_name() -> None:
    """Pytest imports them by their names alone, and stops at the second one."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_nothing_is_left_for_later() -> None:
    assert faults(house_rules.nothing_is_left_for_later, list(everything_written())) == []


def test_every_area_stands_on_a_floor() -> None:
    areas = {path.stem for path in (ROOT / "webinar_hub").iterdir() if path.is_dir() and list(path.glob("*.py"))}
    assert areas <= set(FLOORS), "a new area needs its floor here and in docs/architecture.md"


def test_every_setting_is_told_with_its_default() -> None:
    told = dict(
        re.findall(rf"^\| `{PREFIX}(\w+)` \| (.*?) \|", (ROOT / "docs/running.md").read_text(), re.MULTILINE)
    )
    # The demo sets its own switch; nobody else has a use for it.
    settings = {name.upper(): field.default for name, field in Settings.model_fields.items() if name != "demo"}
    assert told.keys() == settings.keys()
    numbers = {name: f"{value:g}" for name, value in settings.items() if isinstance(value, float)}
    numbers |= {name: str(value) for name, value in settings.items() if isinstance(value, int)}
    assert {name: told[name] for name in numbers} == numbers


def view(lines: int) -> str:
    return "@blueprint.get('/')\n@csrf.exempt\ndef page():\n" + "    call()\n" * (lines - 1)


RULES, CLI, WEB = "webinar_hub/rules/plan.py", "webinar_hub/cli/demo_command.py", "webinar_hub/web/me.py"
SERVICE, SMTP, DEMO = (
    "webinar_hub/services/outbox.py",
    "webinar_hub/adapters/mail/smtp.py",
    "webinar_hub/web/demo.py",
)

BROKEN = [
    (house_rules.imports_go_down, RULES, "from webinar_hub.services import outbox"),
    (house_rules.imports_go_down, RULES, "import webinar_hub.services.outbox"),
    (house_rules.imports_go_down, RULES, "def f():\n    from webinar_hub import app"),
    (house_rules.imports_go_down, "webinar_hub/documents/ics.py", "from webinar_hub.adapters import mail"),
    (house_rules.imports_go_down, SERVICE, "from webinar_hub.queries import health"),
    (house_rules.imports_go_down, WEB, "from webinar_hub.cli.importing import apply"),
    (house_rules.imports_go_down, "webinar_hub/cli/importing.py", "from webinar_hub.app import create_app"),
    (house_rules.imports_go_down, "webinar_hub/core/db.py", "from webinar_hub.models import Person"),
    (house_rules.only_the_database_commits, SERVICE, "db.session.commit()"),
    (house_rules.only_the_database_commits, SERVICE, "finish = session.commit"),
    (house_rules.nothing_is_sent_from_a_request, SERVICE, "import smtplib"),
    (house_rules.nothing_is_sent_from_a_request, SERVICE, "from smtplib import SMTP"),
    (
        house_rules.nothing_is_sent_from_a_request,
        WEB,
        "from webinar_hub.adapters.mail.opening import describe",
    ),
    (house_rules.nothing_is_sent_from_a_request, WEB, "from webinar_hub.adapters.mail.mailbox import Mailbox"),
    (
        house_rules.nothing_is_sent_from_a_request,
        "webinar_hub/web/demo.py",
        "import webinar_hub.adapters.mail.smtp",
    ),
    (house_rules.only_the_clock_asks_the_time, SERVICE, "from datetime import datetime\ndatetime.now(UTC)"),
    (house_rules.only_the_clock_asks_the_time, SERVICE, "import datetime\ndatetime.datetime.utcnow()"),
    (house_rules.only_the_clock_asks_the_time, SERVICE, "import time\ntime.monotonic()"),
    (house_rules.only_the_clock_asks_the_time, SERVICE, "from time import time"),
    (house_rules.only_the_clock_asks_the_time, SERVICE, "select(func.now())"),
    (house_rules.only_the_clock_asks_the_time, SERVICE, "text('SELECT CURRENT_TIMESTAMP')"),
    (house_rules.only_the_clock_asks_the_time, SMTP, "import time\ntime.time()"),
    (house_rules.deferred_imports_say_why, RULES, "def f():\n    import typst"),
    (house_rules.deferred_imports_say_why, RULES, "def f():\n    import a  # noqa: PLC0415  circular import"),
    (house_rules.only_the_configuration_reads_the_environment, WEB, "import os\nos.environ['HOME']"),
    (house_rules.only_the_configuration_reads_the_environment, WEB, "import os\nos.getenv('HOME')"),
    (house_rules.only_the_configuration_reads_the_environment, WEB, "from os import environ"),
    (house_rules.files_stay_short, RULES, "x = 1\n" * (LONGEST_FILE + 1)),
    (house_rules.views_stay_short, WEB, view(LONGEST_VIEW + 1)),
    (house_rules.names_say_what_is_inside, "webinar_hub/core/utils.py", ""),
    (house_rules.names_say_what_is_inside, "webinar_hub/common/dates.py", ""),
    (house_rules.nothing_is_left_for_later, RULES, "x = 1  # TO" + "DO: think"),
]

SOUND = [
    (house_rules.imports_go_down, SERVICE, "from webinar_hub.rules import plan"),
    (house_rules.imports_go_down, SERVICE, "from webinar_hub.services import audit"),
    (house_rules.imports_go_down, CLI, "from webinar_hub.app import create_app"),
    (house_rules.imports_go_down, CLI, "from webinar_hub.worker import running"),
    (house_rules.imports_go_down, "webinar_hub/cli/__init__.py", "from webinar_hub import __version__"),
    (house_rules.only_the_database_commits, "webinar_hub/core/db.py", "session.commit()"),
    (house_rules.nothing_is_sent_from_a_request, SMTP, "import smtplib"),
    (house_rules.nothing_is_sent_from_a_request, DEMO, "from webinar_hub.adapters.mail.mailbox import Mailbox"),
    (house_rules.only_the_clock_asks_the_time, "webinar_hub/core/clock.py", "datetime.now(UTC)"),
    (house_rules.only_the_clock_asks_the_time, SMTP, "import time\ndef f(monotonic=time.monotonic): ..."),
    (house_rules.deferred_imports_say_why, RULES, "def f():\n    import typst  # noqa: PLC0415  slow import"),
    (house_rules.only_the_configuration_reads_the_environment, "webinar_hub/core/config.py", "os.environ"),
    (house_rules.files_stay_short, RULES, "x = 1\n" * LONGEST_FILE),
    (house_rules.views_stay_short, WEB, view(LONGEST_VIEW)),
    (house_rules.views_stay_short, SERVICE, view(LONGEST_VIEW + 1)),
    (house_rules.names_say_what_is_inside, RULES, ""),
    (house_rules.nothing_is_left_for_later, RULES, "today = 1"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN)
def test_a_broken_rule_is_seen(rule: Rule, path: str, text: str) -> None:
    assert len(list(rule(path, text))) == 1


@pytest.mark.parametrize(("rule", "path", "text"), SOUND)
def test_what_keeps_the_rule_is_left_alone(rule: Rule, path: str, text: str) -> None:
    assert list(rule(path, text)) == []


def test_every_rule_has_been_seen_to_fail() -> None:
    every = {*CODE_RULES, *PYTHON_RULES, house_rules.nothing_is_left_for_later}
    assert every == {rule for rule, *_ in BROKEN} == {rule for rule, *_ in SOUND}
