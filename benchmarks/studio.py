"""How long each page of the studio takes: `python -m benchmarks.studio [SQLite] [people] [tries]`.

An installation with 100,000 registrations and ten mails for each of them is filled by set, then every page that
can be opened by GET is asked for through the app, as its owner: those there are, with example values, found in the
map of addresses, so that a page that is new is measured without being named here. What only a filter makes slow is
named below.
"""

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import String, case, cast, func, insert, literal, select, update
from werkzeug.routing import Rule

from benchmarks.crowded import AT_ONCE, analyze, fill
from benchmarks.databases import ENGINES
from benchmarks.figures import Figure, table
from benchmarks.installation import Installation, installed
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import (
    AttendanceSegment,
    Broadcast,
    Cohort,
    Delivery,
    DeliveryEvent,
    Membership,
    Organizer,
    Person,
    PersonTag,
    Registration,
    Session,
    Webinar,
)
from webinar_hub.rules.staff import Role

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
# A file to be downloaded is no page, and signing out ends the measurement.
LEFT_OUT = ("security.", "static")


def measure(engine: str, people: int, tries: int) -> Iterator[Figure]:
    """The p95 of every page, in milliseconds, and the slowest of them."""
    with ENGINES[engine]() as url, installed(url) as hub:
        begun = time.perf_counter()
        furnish(hub, people)
        print(f"{engine}: filled with {people:,} in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        client = signed_in(hub)
        for address in addresses(hub):
            status, spent = asked(client, address, tries)
            if status == 200:
                yield Figure(f"{engine} {address[:70]}", spent, "ms", GOALS[engine], "below")
            elif status != 404 and not 300 <= status < 400:
                yield Figure(f"{engine} {address[:60]} answers {status}", spent, "ms", 0.0, "below")


def asked(client: FlaskClient, address: str, tries: int) -> tuple[int, float]:
    """How it answers, and the milliseconds of the slowest of twenty; the first try warms up."""
    spent = []
    for _ in range(tries + 1):
        begun = time.perf_counter()
        with client.get(address) as answer:
            status = answer.status_code
            _ = answer.data
        spent.append(1000 * (time.perf_counter() - begun))
    spent = sorted(spent[1:])
    return status, spent[min(len(spent) - 1, int(len(spent) * 0.95))]


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


def _is_page(rule: Rule) -> bool:
    is_ours = rule.rule.startswith("/studio") and not rule.endpoint.startswith(LEFT_OUT)
    return is_ours and "GET" in (rule.methods or ())


def _examples() -> dict[str, Any]:
    first = {
        model: db.session.scalar(select(func.min(model.id))) for model in (Person, Session, Delivery, Broadcast)
    }
    return {
        "cohort": db.session.scalars(select(Cohort.key)).first(),
        "webinar": db.session.scalars(select(Webinar.slug)).first(),
        "person": first[Person],
        "session": first[Session],
        "delivery": first[Delivery],
        "broadcast": first[Broadcast],
        "place": db.session.scalar(select(func.min(Registration.id))),
    }


def furnish(hub: Installation, people: int) -> None:
    """People with their mails, of whom some came, some bounced, some left and some have tags."""
    fill(hub, people)
    with hub.app.app_context():
        for number in range(2, MAILS):
            for after in range(0, people, AT_ONCE):
                _more_mails(number, after)
        _what_they_did()
        analyze()


def _more_mails(number: int, after: int) -> None:
    moment = literal(clock.now() - timedelta(days=number), Delivery.sent_at.type)
    about = select(func.min(Session.id)).scalar_subquery()
    rows = select(
        literal(f"benchmark:{number}:registration:") + cast(Registration.id, String), literal("reminder"),
        Registration.id, about, literal("sent"), literal(1), literal(1), moment, moment, moment, moment,
        literal("2.0.0 Ok: queued"),
    ).where(Registration.id > after, Registration.id <= after + AT_ONCE)  # fmt: skip
    columns = [
        "key", "kind", "registration_id", "session_id", "state", "priority", "attempts", "created_at", "due_at",
        "composed_at", "sent_at", "reply",
    ]  # fmt: skip
    with transaction() as session:
        session.execute(insert(Delivery).from_select(columns, rows))


def _what_they_did() -> None:
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
        owner = Organizer(email="o@example.net", name="Olga Owner", zone="America/New_York", created_at=clock.now())
        owner.memberships = [Membership(role=Role.OWNER, webinar_id=None)]
        session.add(owner)
        session.flush()
        uniquifier = owner.fs_uniquifier
    client = hub.app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=uniquifier, _fresh=True, fs_cc="set", fs_paa=clock.now().timestamp())
    return client


def main() -> int:
    """Measure and print; 1 when a page misses its goal."""
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    engines = [argument for argument in sys.argv[1:] if argument in ENGINES] or list(ENGINES)
    people, tries = (*numbers, *(PEOPLE, TRIES)[len(numbers) :])[:2]
    found = [figure for engine in engines for figure in measure(engine, people, tries)]
    print(table(sorted(found, key=lambda figure: -figure.value)))
    return 0 if all(figure.reached for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
