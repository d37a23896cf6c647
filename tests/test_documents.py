"""What is written leads somewhere: every link in the documents, every picture, every command they name."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from webinar_hub.cli import hub

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
COMMAND = re.compile(r"webinar-hub ([a-z][a-z-]+)(?: ([a-z]+))?")
CODE = re.compile(r"^```.*?^```|`[^`]*`", re.MULTILINE | re.DOTALL)


CONTEXT = click.Context(hub)
COMMANDS = hub.list_commands(CONTEXT)


def without_code(text: str) -> str:
    return CODE.sub("", text)


def places(page: Path) -> set[str]:
    """What can stand after a # in a link to the page: its headings as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path, text: str) -> Iterator[str]:
    for found in LINK.finditer(without_code(text)):
        target = found[1] or found[2]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, place = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (place and place not in places(there)):
            yield target


def unknown_commands(text: str) -> Iterator[str]:
    """Commands in code that `webinar-hub --help`, or that of the command itself, does not list."""
    for code in CODE.finditer(text):
        for name, inner in COMMAND.findall(code[0]):
            command = hub.get_command(CONTEXT, name) if name in COMMANDS else None
            if command is None:
                yield name
            elif inner and isinstance(command, click.Group) and inner not in command.commands:
                yield f"{name} {inner}"


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(dead_links(page, page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_is_there(page: Path) -> None:
    assert list(unknown_commands(page.read_text(encoding="utf-8"))) == []


def test_every_page_of_the_studio_is_entered_by_one_page() -> None:
    entrance = (ROOT / "docs/studio.md").read_text(encoding="utf-8")
    parts = [page for page in (ROOT / "docs").glob("*.md") if "[the studio](studio.md)" in page.read_text()[:200]]
    assert len(parts) > 5
    assert [page.name for page in parts if f"({page.name}" not in entrance] == []


def test_the_index_has_every_page() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    pages = [page.name for page in (ROOT / "docs").glob("*.md") if page.name != "README.md"]
    assert [name for name in pages if f"({name})" not in index] == []


def test_every_command_is_told_of() -> None:
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in COMMANDS if f"webinar-hub {name}" not in told] == []


def test_every_picture_is_shown_and_small() -> None:
    shown = (ROOT / "docs/screens.md").read_text(encoding="utf-8")
    for picture in (ROOT / "docs/screenshots").glob("*.png"):
        assert f"screenshots/{picture.name}" in shown, picture.name
        assert picture.stat().st_size <= 120_000, picture.name


def test_a_dead_link_is_seen() -> None:
    text = "[a](nowhere.md) [b](docs/studio.md#nowhere) [c](docs/studio.md#team) `[d](no.md)`"
    assert list(dead_links(ROOT / "README.md", text)) == ["nowhere.md", "docs/studio.md#nowhere"]
    assert list(unknown_commands("`webinar-hub fly` `webinar-hub outbox eat`")) == ["fly", "outbox eat"]
