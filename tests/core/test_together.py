"""Several threads, one commit: each gets its own result or error, and nothing of a failed one is left."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from webinar_hub.core import clock
from webinar_hub.core.db import at_the_end, db
from webinar_hub.core.together import together
from webinar_hub.models import AuditEntry

AT_ONCE = 8


def note(name: str) -> str:
    db.session.add(AuditEntry(actor=name, action="try", subject="-", at=clock.now()))
    db.session.flush()
    if name.startswith("bad"):
        raise ValueError(name)
    return name


def all_at_once(
    app: Flask, names: list[str], group_of: Callable[[str], str] = lambda _: "one"
) -> tuple[list[Any], int]:
    """What each thread got, and how many commits there were; the first holds the turn until all others wait."""
    commits: list[None] = []
    first_has_it, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        first_has_it.set()
        go_on.wait(10)

    def outcome(work: Callable[[], Any], group: str) -> Any:
        with app.app_context():
            try:
                return together(work, group=group)
            except ValueError as error:
                return error

    with app.app_context():
        engine = db.engine

    def count(_: object) -> None:
        commits.append(None)

    event.listen(engine, "commit", count)
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        first = pool.submit(outcome, hold, "first")
        first_has_it.wait(10)
        others = [pool.submit(outcome, lambda name=name: note(name), group_of(name)) for name in names]
        while not _everybody_waits(len(names)):
            pass
        go_on.set()
        first.result()
        results = [other.result() for other in others]
    event.remove(engine, "commit", count)
    return results, len(commits)


def _everybody_waits(number: int) -> bool:
    from webinar_hub.core import together as module

    return len(module._waiting) == number


def noted(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(db.session.scalars(select(AuditEntry.actor)))


def test_who_waits_together_is_written_together(app: Flask) -> None:
    names = [f"n{number}" for number in range(AT_ONCE)]
    results, commits = all_at_once(app, names)
    assert results == names
    assert noted(app) == names
    assert commits == 2


def test_only_one_group_shares_a_transaction(app: Flask) -> None:
    names = [f"{cohort}{number}" for number in range(AT_ONCE // 2) for cohort in "ab"]
    results, commits = all_at_once(app, names, group_of=lambda name: name[0])
    assert results == names
    assert noted(app) == sorted(names)
    assert commits == 3, "the first, those of a, those of b"


def test_one_that_fails_takes_nobody_with_it(app: Flask) -> None:
    names = ["n1", "bad", "n2", "bad too", "n3"]
    results, _ = all_at_once(app, names)
    assert [str(result) for result in results] == names
    assert [type(result) for result in results] == [str, ValueError, str, ValueError, str]
    assert noted(app) == ["n1", "n2", "n3"]


def test_alone_an_error_is_raised_at_once_and_undone(app: Flask) -> None:
    with app.app_context(), pytest.raises(ValueError, match="bad"):
        together(lambda: note("bad"), group="one")
    assert noted(app) == []


def test_what_many_change_comes_once_and_last_for_all_of_them(app: Flask) -> None:
    """The rows that everybody wants are held for no longer than the commit takes."""
    seen: list[list[str]] = []

    def wish(name: str) -> str:
        at_the_end(seen.append, name)
        return note(name)

    def both() -> None:
        wish("n1")
        wish("n2")
        assert seen == []

    with app.app_context():
        together(both, group="one")
        assert seen == [["n1", "n2"]]
        with pytest.raises(ValueError, match="bad"):
            together(lambda: wish("bad"), group="one")
        together(lambda: None, group="one")
    assert seen == [["n1", "n2"]]
    assert noted(app) == ["n1", "n2"]


def test_who_wrote_in_company_waits_for_it_again_and_who_is_alone_does_not(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group of several is gathered; when nobody comes, the wait ends by itself and is not repeated."""
    from webinar_hub.core import together as module

    monkeypatch.setattr(module, "_patience", 30.0)
    monkeypatch.setattr(module, "_company", 2)

    def wish(name: str) -> str:
        with app.app_context():
            return together(lambda: note(name), group="one")

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(wish, name) for name in ("n1", "n2")]
        assert [one.result(timeout=20) for one in both] == ["n1", "n2"]
    monkeypatch.setattr(module, "_patience", 0.01)
    wish("n3")
    monkeypatch.setattr(module, "_patience", 30.0)
    assert wish("n4") == "n4"
    assert noted(app) == ["n1", "n2", "n3", "n4"]
