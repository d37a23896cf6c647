"""How each step grows from a thousand people to a million: `python -m benchmarks.growth [PostgreSQL] [people]`.

Everybody has been sent two mails before, so the outbox holds a history. What is sent to many is given for a
thousand of them; everything else must cost the same for ten people as for a million. Each figure is the quickest of
some tries: a busy machine makes a try slower, never quicker.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import event, func, select, update

from benchmarks.crowded import analyze, fill, make_evening_due
from benchmarks.databases import ENGINES
from benchmarks.installation import Installation, installed
from webinar_hub.core import clock
from webinar_hub.core.db import db, rehearsal, transaction
from webinar_hub.models import Cohort, Delivery, Session
from webinar_hub.queries import health, letters
from webinar_hub.queries.plan import cohort_plan
from webinar_hub.rules.delivery import Claimed
from webinar_hub.services import broadcasts, outbox, plan, registrations, sessions

SIZES = (1_000, 10_000, 100_000, 1_000_000)
BATCH = 100
TRIES = 9
# A tree gets deeper and a cache colder; what reads every row gets a thousand times slower.
MOST_GROWTH = 3.0

Costs = dict[str, float]


def measure(engine: str, most: int) -> dict[int, Costs]:
    """Milliseconds by step and number of people."""
    found = {}
    with ENGINES[engine]() as url, installed(url) as hub:
        for place, people in enumerate(size for size in SIZES if size <= most):
            fill(hub, people)
            with hub.app.app_context():
                found[people] = dict(_steps(hub, people, place))
                _tell(f"{engine}, {people:,}: " + ", ".join(f"{k} {v:.2f}" for k, v in found[people].items()))
                _all_sent()
    return found


def _steps(hub: Installation, people: int, place: int) -> Iterator[tuple[str, float]]:
    yield "sign-up", _quickest(lambda: _sign_up(people), 30)
    yield "sign-up, statements", float(_statements(lambda: _sign_up(people)))
    yield "replan", _quickest(lambda: _undone(_replan))
    yield "reschedule", _quickest(lambda: _undone(lambda: _reschedule(place)))
    yield "plan shown, per 1,000 people", _quickest(lambda: cohort_plan(_cohort().key), 3) * 1000 / people
    # Only asked when nothing is due.
    yield "orphaned", _quickest(lambda: outbox.orphaned(clock.now()))
    yield "expand, per 1,000 deliveries", _expanded(place) * 1000 / people
    analyze()
    yield "next due", _quickest(health.next_due)
    yield "health", _quickest(lambda: health.health(clock.now(), leader_lease=6))
    yield "unfinished", _quickest(lambda: health.unfinished(clock.now()))
    yield "expire", _quickest(lambda: _undone(lambda: outbox.expire(clock.now())))
    yield "reschedule another evening", _quickest(lambda: _undone(lambda: _reschedule(place - 1)))
    claimed: list[Claimed] = []
    yield "claim of 100", _quickest(lambda: claimed.extend(_claim()))
    yield "read for 100", _quickest(lambda: letters.batch(claimed[:BATCH], hub.app.extensions["hub"]))
    rest = iter(claimed)
    yield "record of 4", _quickest(lambda: _record([next(rest) for _ in range(4)]), 20)


def _quickest(step: Callable[[], object], tries: int = TRIES) -> float:
    """Milliseconds of the quickest try; the first, which warms up, does not count."""
    spent = []
    for _ in range(tries + 1):
        begun = time.perf_counter()
        step()
        spent.append(time.perf_counter() - begun)
        db.session.rollback()
    return 1000 * min(spent[1:])


def _statements(step: Callable[[], object]) -> int:
    seen = []
    with _listening(lambda *_: seen.append(1)):
        step()
    return len(seen)


@contextmanager
def _listening(heard: Callable[..., None]) -> Iterator[None]:
    event.listen(db.engine, "after_cursor_execute", heard)
    try:
        yield
    finally:
        event.remove(db.engine, "after_cursor_execute", heard)


def _undone(step: Callable[[], object]) -> None:
    with rehearsal() as session:
        step()
        session.flush()


def _cohort() -> Cohort:
    return db.session.scalars(select(Cohort)).one()


def _session(place: int) -> Session:
    return db.session.scalars(select(Session).order_by(Session.starts_at)).all()[place]


def _sign_up(people: int) -> None:
    address = f"new{people}.{time.perf_counter_ns()}@example.net"
    form = registrations.SignUp("Ann Lee", address, "OT", "UTC", "", "/")
    with transaction():
        registrations.sign_up(_cohort().public_id, form, network="bench", per_network=10**6, now=clock.now())


def _replan() -> None:
    plan.replan(_cohort(), now=clock.now())


def _reschedule(place: int) -> None:
    cohort, session = _cohort(), _session(place)
    wall = datetime.fromisoformat(session.wall_start) + timedelta(minutes=30)
    sessions.reschedule(cohort, session, wall, session.minutes, actor="bench", now=clock.now())


def _expanded(place: int) -> float:
    """Milliseconds to write out the reminder of one evening to everybody."""
    make_evening_due(place)
    begun = time.perf_counter()
    more = True
    while more:
        with transaction():
            more = broadcasts.expand_next(clock.now()).more
    return 1000 * (time.perf_counter() - begun)


def _claim() -> list[Claimed]:
    with transaction():
        return outbox.claim(BATCH, lease=600, now=clock.now())


def _record(items: list[Claimed]) -> None:
    with transaction():
        outbox.record(
            [outbox.Result(item, "sent", "2.0.0 Ok: queued as 4bKd2Q") for item in items], now=clock.now()
        )


def _all_sent() -> None:
    """What waits becomes history; a hundred thousand of it is history enough."""
    with transaction() as session:
        waiting = select(func.count()).where(Delivery.state.in_(("queued", "sending")))
        if (session.scalar(waiting) or 0) < SIZES[-1] / 2:
            session.execute(
                update(Delivery)
                .where(Delivery.state.in_(("queued", "sending")))
                .values(state="sent", sent_at=clock.now(), lease_until=None, lease_token=None)
            )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def report(engine: str, found: dict[int, Costs]) -> str:
    """A table in Markdown: milliseconds at each size, and how much the largest costs of the smallest."""
    sizes = list(found)
    lines = [
        f"| {engine}, ms | " + " | ".join(f"{size:,}" for size in sizes) + " | per decade | growth |",
        "|---" * (len(sizes) + 3) + "|",
    ]
    for step in found[sizes[0]]:
        costs = [found[size][step] for size in sizes]
        decades = ", ".join(f"{b / a:.1f}" for a, b in pairwise(costs))
        growth = costs[-1] / costs[0]
        verdict = "" if growth <= MOST_GROWTH else f" MISSED (≤ {MOST_GROWTH:g})"
        lines.append(
            f"| {step} | "
            + " | ".join(f"{cost:,.2f}" for cost in costs)
            + f" | {decades} | {growth:.2f}{verdict} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure and print; 1 when something grows that must not."""
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    engines = [argument for argument in sys.argv[1:] if argument in ENGINES] or list(ENGINES)
    tables = [report(engine, measure(engine, *(numbers or [SIZES[-1]]))) for engine in engines]
    print("\n\n".join(tables))
    return 1 if any("MISSED" in table for table in tables) else 0


if __name__ == "__main__":
    sys.exit(main())
