"""A Celery worker that is cut off from database and broker, but still reaches its mail server (F15)."""

import time
from collections import defaultdict
from pathlib import Path

import pytest
from far_side import FarSide, far_side, possible
from fleet_processes import celery_worker
from hub_processes import until
from psycopg.conninfo import conninfo_to_dict
from seeding import LEASE, Hub
from smtp_server import SmtpServer, serving
from sqlalchemy.engine import make_url

from tests.loopback_redis import Redis

PEOPLE = 60
# Connections of the far worker.
CONNECTIONS = 2


def environment_over_there(hub: Hub, side: FarSide, broker: Redis, smtp: SmtpServer) -> dict[str, str]:
    """The installation's settings as the far side reaches it."""
    url = hub.environment["WEBINAR_HUB_DATABASE_URL"]
    info = conninfo_to_dict(url.replace("postgresql+psycopg://", "postgresql://"))
    database = side.lead(side.inner, str(Path(str(info["host"]), ".s.PGSQL.5432")))
    redis = side.lead(side.inner, ("127.0.0.1", broker.port))
    mail = side.lead(side.outer, ("127.0.0.1", smtp.port))
    there = make_url(url).set(drivername="postgresql", host=side.inner, port=database, query={})
    wanted = {
        "DATABASE_URL": there.render_as_string(hide_password=False),
        "BROKER_URL": broker.url.replace(f"127.0.0.1:{broker.port}", f"{side.inner}:{redis}"),
        "MAIL": smtp.url.replace(f"127.0.0.1:{smtp.port}", f"{side.outer}:{mail}"),
    }
    return hub.environment | {f"WEBINAR_HUB_{name}": value for name, value in wanted.items()}


@pytest.mark.faults
@pytest.mark.skipif(not possible(), reason="needs root and iproute2 to make a network of its own")
def test_a_worker_behind_a_cut_link_is_stood_in_for_and_overwrites_nothing(
    hub: Hub, smtp: SmtpServer, broker: Redis
) -> None:
    """It is cut off while its mails are on the wire; when it is back, what others have recorded stands."""
    emails = hub.people(PEOPLE)
    with serving() as far, serving() as near, far_side() as side:
        far.at("dot", lambda: time.sleep(0.1), times=3)
        cut: list[float] = []

        def cut_now() -> None:
            if not cut:
                cut.append(time.monotonic())
                side.cut()

        far.at("stored", cut_now, skip=3, times=PEOPLE)
        over_there = environment_over_there(hub, side, broker, far)
        with celery_worker("far", over_there, hub.folder, before=side.before) as worker:
            worker.ready()
            hub.worker().ready()
            hub.make_due()
            until(lambda: cut, seconds=30)
            over_here = hub.environment | {"WEBINAR_HUB_MAIL": near.url}
            with celery_worker("near", over_here, hub.folder) as stand_in:
                stand_in.ready()
                until(hub.settled, seconds=60)
                recorded = {row.key: (row.reply, row.sent_at, row.attempts) for row in hub.deliveries()}
                side.heal()
                # TCP sends again what was lost; the worker's late records arrive, and must find themselves fenced.
                time.sleep(LEASE + 2)
                assert worker.process.poll() is None
                assert recorded == {row.key: (row.reply, row.sent_at, row.attempts) for row in hub.deliveries()}
        copies = defaultdict(list)
        for message in (*far.stored, *near.stored, *smtp.stored):
            copies[message.recipient].append(message.content)
        assert copies.keys() == set(emails)
        assert far.stored
        repeated = sum(len(contents) - 1 for contents in copies.values())
        assert repeated <= CONNECTIONS
        assert all(len(set(contents)) == 1 for contents in copies.values())
        assert hub.states() == {"sent": PEOPLE}
        hub.check_invariants()
