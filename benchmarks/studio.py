"""How long each page of the studio takes: `python -m benchmarks.studio [SQLite] [people] [tries] [page...]`.

An installation with 100,000 registrations and ten mails for each of them, one of which waits, is filled by set.
Then every page that GET opens is asked for through the app, as its owner: those there are, with example values,
found in the map of addresses, so that a page that is new is measured without being named here. What only a
filter makes slow is named below. A page is named by a part of its address: `people?order=name`. `kept=FOLDER`
fills the databases once and keeps them there. Beside the time that passed stands what the processors had to do
for it, ours and those of the database: on a machine that is shared only this can be compared.
"""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import String, case, cast, func, insert, literal, select, update
from werkzeug.routing import Rule

from benchmarks.crowded import AT_ONCE, fill
from benchmarks.databases import ENGINES
from benchmarks.figures import Figure, table
from benchmarks.installation import Installation, installed
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import (
    AttendanceSegment,
    AuditEntry,
    Broadcast,
    Cohort,
    Delivery,
    DeliveryEvent,
    Drop,
    Membership,
    Organizer,
    Person,
    PersonTag,
    Registration,
    Session,
    Webinar,
)
from webinar_hub.rules.staff import Role
from webinar_hub.services import sign_ins

PEOPLE = 100_000
TRIES = 20
MAILS = 10
# Milliseconds of the slowest page in twenty.
GOALS = {"PostgreSQL": 150.0, "SQLite": 250.0}
# What a list of people is asked for that no index answers by itself: a rare one, a common one, and nobody.
FILTERS = (
    "words=number+77", "words=robin", "words=nobodyatall", "words=person55", "order=name", "order=oldest",
    "state=cancelled", "profession=PT", "attended=yes", "attended=no", "downloaded=yes", "mail=bounced",
    "mail=stopped", "tag=rare", "tag=common", "declined=yes", "since=2020-01-01&order=name",
    "attended=no&profession=OT&tag=common&order=name",
)  # fmt: skip
MORE_FILTERS = {
    "/studio/audit": (
        "actor=organizer:1", "actor=nobody", "action=session", "action=person", "subject=cohort+1",
        "subject=registration+7", "since=2020-01-01", "until=2020-01-01",
        "actor=organizer:1&action=session&subject=cohort+1&since=2020-01-01",
    ),
    "/studio/messages": (
        "state=sent", "state=queued", "state=failed", "kind=live", "kind=reminder", "kind=notice", "since=7d",
        "email=person55@example.net", "state=sent&kind=live&since=1d",
    ),
}  # fmt: skip
# A file to be downloaded is no page, and signing out ends the measurement.
LEFT_OUT = ("security.", "static")
NO_PAGES = ("export", "download", "feed")


@dataclass(frozen=True, slots=True)
class Wish:
    """How many people there are, how often each page is asked for, which pages, and where the database stays."""

    people: int
    tries: int
    pages: tuple[str, ...] = ()
    kept: Path | None = None

    def wants(self, address: str) -> bool:
        """Whether this page is to be measured; all are where none is named."""
        return not self.pages or any(page in address for page in self.pages)


def measure(engine: str, wish: Wish) -> Iterator[Figure]:
    """The p95 of every page in milliseconds, and the median of what the processors did for it."""
    with ENGINES[engine](wish.kept and wish.kept / engine) as url, installed(url) as hub:
        furnish(hub, engine, wish.people)
        client = signed_in(hub)
        for address in filter(wish.wants, addresses(hub)):
            status, passed, worked = asked(hub, client, address, wish.tries)
            name = f"{engine} {address[:90]} (processor {worked:.0f})"
            if status == 200:
                yield Figure(name, passed, "ms", GOALS[engine], "below")
            elif status != 404 and not 300 <= status < 400:
                yield Figure(f"{name} answers {status}", passed, "ms", 0.0, "below")


def asked(hub: Installation, client: FlaskClient, address: str, tries: int) -> tuple[int, float, float]:
    """How it answers, the milliseconds of the slowest of twenty, and those of the processors; one try warms up."""
    passed, worked = [], []
    for _ in range(tries + 1):
        begun, before = time.perf_counter(), _processors(hub)
        with client.get(address) as answer:
            status = answer.status_code
            _ = answer.data
        passed.append(1000 * (time.perf_counter() - begun))
        worked.append(1000 * (_processors(hub) - before))
    slowest = sorted(passed[1:])
    return status, slowest[min(len(slowest) - 1, int(len(slowest) * 0.95))], median(worked[1:])


def _processors(hub: Installation) -> float:
    """Seconds this process has computed, the servers behind its connections, and those that helped them."""
    with hub.app.app_context():
        if db.engine.dialect.name != "postgresql":
            return time.process_time()
        with db.engine.connect() as connection:
            servers = connection.exec_driver_sql("SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'cl%%'")
            pids = list(servers.scalars())
    nanoseconds = sum(int(_of_process(pid, "schedstat")[0]) for pid in pids)
    # Those that help for one statement are gone after it, and counted with their parent (in proc(5): cutime).
    parent = _of_process(int(_of_process(pids[0], "stat")[3]), "stat")
    helped = (int(parent[15]) + int(parent[16])) / os.sysconf("SC_CLK_TCK")
    return time.process_time() + nanoseconds / 1e9 + helped


def _of_process(pid: int, name: str) -> list[str]:
    return Path(f"/proc/{pid}/{name}").read_text(encoding="ascii").split()


def addresses(hub: Installation) -> Iterator[str]:
    """Every page of the studio, with values of the example where its address wants some."""
    with hub.app.app_context(), hub.app.test_request_context():
        values = _examples()
        adapter = hub.app.url_map.bind("localhost")
        pages = [rule for rule in hub.app.url_map.iter_rules() if _is_page(rule)]
        found = {adapter.build(r.endpoint, {n: values.get(n, 1) for n in r.arguments}) for r in pages}
    yield from sorted(found)
    for list_ in ("/studio/people", f"/studio/cohorts/{values['cohort']}/people"):
        yield from (f"{list_}?{query}" for query in FILTERS)
    for page, queries in MORE_FILTERS.items():
        yield from (f"{page}?{query}" for query in queries)
    timeline = f"/studio/cohorts/{values['cohort']}/timeline"
    yield f"{timeline}/preview?what=shift&number=1&unit=7&direction=later"
    yield f"{timeline}/preview?what=cancel-cohort"


def _is_page(rule: Rule) -> bool:
    is_ours = rule.rule.startswith("/studio") and not rule.endpoint.startswith(LEFT_OUT)
    is_ours = is_ours and not rule.endpoint.endswith(NO_PAGES)
    return is_ours and "GET" in (rule.methods or ())


def _examples() -> dict[str, Any]:
    first = {model: db.session.scalar(select(func.min(model.id))) for model in (Person, Delivery, Broadcast)}
    planned = select(func.min(Broadcast.id)).where(Broadcast.state == "planned")
    return {
        "way": "link",
        "section": "brand",
        "drop": db.session.scalars(select(Drop.public_id)).first(),
        "message": db.session.scalar(planned),
        "cohort": db.session.scalars(select(Cohort.key)).first(),
        "webinar": db.session.scalars(select(Webinar.slug)).first(),
        "person": first[Person],
        "session": db.session.scalars(select(Session.key).order_by(Session.starts_at.desc())).first(),
        "delivery": first[Delivery],
        "broadcast": first[Broadcast],
        "place": db.session.scalar(select(func.min(Registration.id))),
    }


def furnish(hub: Installation, engine: str, people: int) -> None:
    """People with their mails; some came, some bounced, some left, some have tags. Once for a database."""
    begun = time.perf_counter()
    with hub.app.app_context():
        if db.session.scalar(select(func.count()).select_from(PersonTag)):
            return
    fill(hub, people)
    with hub.app.app_context():
        for number in range(2, MAILS):
            for after in range(0, people, AT_ONCE):
                _more_mails(number, after)
        _what_they_did()
        tidy_up()
    print(f"{engine}: filled with {people:,} in {time.perf_counter() - begun:.0f} s", file=sys.stderr)


def tidy_up() -> None:
    """What PostgreSQL's autovacuum does within a minute. SQLite has no statistics, as in a real installation."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _more_mails(number: int, after: int) -> None:
    """Those of one message to so many people; the last of them waits to be sent."""
    waits = number == MAILS - 1
    moment = literal(clock.now() - timedelta(days=number), Delivery.sent_at.type)
    about = select(func.min(Session.id)).scalar_subquery()
    rows = select(
        literal(f"benchmark:{number}:registration:") + cast(Registration.id, String), literal("reminder"),
        Registration.id, literal(_gone_out(number)), about, literal("queued" if waits else "sent"), literal(1),
        literal(1), moment, moment, moment, literal(None, moment.type) if waits else moment,
        literal(None if waits else "2.0.0 Ok: queued", Delivery.reply.type),
    ).where(Registration.id > after, Registration.id <= after + AT_ONCE)  # fmt: skip
    columns = [
        "key", "kind", "registration_id", "broadcast_id", "session_id", "state", "priority", "attempts",
        "created_at", "due_at", "composed_at", "sent_at", "reply",
    ]  # fmt: skip
    with transaction() as session:
        session.execute(insert(Delivery).from_select(columns, rows))


def _gone_out(number: int) -> int:
    """The reminder these mails belong to."""
    key, past = f"benchmark:{number}", clock.now() - timedelta(days=number)
    with transaction() as session:
        known = session.scalar(select(Broadcast.id).where(Broadcast.key == key))
        if known is not None:
            return known
        evening = session.scalars(select(Session).order_by(Session.starts_at)).first()
        assert evening is not None
        gone = Broadcast(
            cohort_id=evening.cohort_id, key=key, kind="reminder", session_id=evening.id,
            lead_minutes=60 * number, due_at=past, state="expanded", expanded_at=past,
        )  # fmt: skip
        session.add(gone)
        session.flush()
        return gone.id


def _what_they_did() -> None:
    number = cast(Registration.id, String)
    past = clock.now() - timedelta(days=3)
    with transaction() as session:
        session.execute(update(Person).values(profession=case((Person.id % 9 == 0, "PT"), else_="OT")))
        session.execute(update(Person).where(Person.id % 500 == 0).values(suppressed_at=past))
        spread = {"state": "cancelled", "cancelled_at": past}
        session.execute(update(Registration).where(Registration.id % 50 == 0).values(**spread))
        about = select(func.min(Session.id)).scalar_subquery()
        came = select(
            Registration.id, about, literal("join_button"), literal(past, AttendanceSegment.started_at.type)
        ).where(Registration.id % 3 == 0)
        columns = ["registration_id", "session_id", "source", "started_at"]
        session.execute(insert(AttendanceSegment).from_select(columns, came))
        session.execute(insert(DeliveryEvent).from_select(_EVENT, _events("delivered", 1)))
        session.execute(insert(DeliveryEvent).from_select(_EVENT, _events("bounced_hard", 997)))
        noted = case((Registration.id % 1000 == 0, "organizer:1"), else_=literal("person:") + number)
        entries = select(
            literal(past, AuditEntry.at.type), noted, literal("registration.created"),
            literal("registration:") + number, literal({}, AuditEntry.detail.type),
        )  # fmt: skip
        session.execute(insert(AuditEntry).from_select(["at", "actor", "action", "subject", "detail"], entries))
        for word, each in (("common", 2), ("rare", 5000)):
            tagged = select(Person.id, literal(word), literal(past, PersonTag.added_at.type))
            session.execute(
                insert(PersonTag).from_select(
                    ["person_id", "word", "added_at"], tagged.where(Person.id % each == 0)
                )
            )


_EVENT = ["delivery_id", "provider", "event_id", "kind", "happened_at", "recorded_at", "detail"]


def _events(kind: str, each: int) -> Any:
    moment = literal(clock.now() - timedelta(days=2), DeliveryEvent.happened_at.type)
    name = literal(f"{kind}:") + cast(Delivery.id, String)
    return select(Delivery.id, literal("benchmark"), name, literal(kind), moment, moment, literal("")).where(
        Delivery.kind == "confirmation", Delivery.id % each == 0
    )


def signed_in(hub: Installation) -> FlaskClient:
    """A browser of the owner's."""
    with hub.app.app_context(), transaction() as session:
        owner = session.scalars(select(Organizer).where(Organizer.email == "o@example.net")).first()
        owner = owner or _owner(session)
        uniquifier, now = owner.fs_uniquifier, clock.real_now()
        token = sign_ins.begin(owner.id, user_agent="", network="127.0.0.1", stays=True, now=now)
    client = hub.app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=uniquifier, _fresh=True, fs_cc="set", fs_paa=now.timestamp(), sign_in=token)
    return client


def _owner(session: Any) -> Organizer:
    owner = Organizer(email="o@example.net", name="Olga Owner", zone="America/New_York", created_at=clock.now())
    owner.memberships = [Membership(role=Role.OWNER, webinar_id=None)]
    session.add(owner)
    session.flush()
    return owner


def main() -> int:
    """Measure and print; 1 when a page misses its goal."""
    engines, wish = _wish(sys.argv[1:])
    found = [figure for engine in engines for figure in measure(engine, wish)]
    print(table(sorted(found, key=lambda figure: -figure.value)))
    return 0 if all(figure.reached for figure in found) else 1


def _wish(arguments: list[str]) -> tuple[list[str], Wish]:
    numbers = [int(argument) for argument in arguments if argument.isdigit()]
    people, tries = (*numbers, *(PEOPLE, TRIES)[len(numbers) :])[:2]
    words = [argument for argument in arguments if not argument.isdigit()]
    kept = next((Path(word.removeprefix("kept=")) for word in words if word.startswith("kept=")), None)
    pages = tuple(word for word in words if word not in ENGINES and not word.startswith("kept="))
    return [word for word in words if word in ENGINES] or list(ENGINES), Wish(people, tries, pages, kept)


if __name__ == "__main__":
    sys.exit(main())
