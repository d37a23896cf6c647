"""How long a due message waits on an idle machine when the worker runs apart: `python -m benchmarks.latency`.

Measured by the service's own record: from the commit that wrote a confirmation to the moment the server had it.
"""

import sys
import time
from collections.abc import Iterator

from sqlalchemy import select

from benchmarks.databases import ENGINES
from benchmarks.figures import Figure, table
from benchmarks.installation import Installation, installed
from benchmarks.processes import PYTHON, running, smtp_sink
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort, Delivery
from webinar_hub.services import registrations

SIGN_UPS = 100
PAUSE = 0.1
LONGEST = 1.0


def measure(engine: str) -> Iterator[Figure]:
    """Sign-ups written by this process, sent by a worker of its own that learns of them by its tick."""
    with smtp_sink() as port, ENGINES[engine]() as url, installed(url, MAIL=f"smtp://127.0.0.1:{port}") as hub:
        with running([PYTHON, "-m", "webinar_hub", "worker"], hub.environment):
            time.sleep(3)
            for number in range(SIGN_UPS):
                _sign_up(hub, number)
                time.sleep(PAUSE)
            time.sleep(3)
        waits = sorted(_waits(hub))
    yield Figure(f"{engine}: confirmations sent", len(waits), "", SIGN_UPS)
    yield Figure(f"{engine}: a due message waits, median", waits[len(waits) // 2], "s")
    yield Figure(f"{engine}: a due message waits, p99", waits[int(0.99 * len(waits)) - 1], "s", LONGEST, "below")


def _sign_up(hub: Installation, number: int) -> None:
    form = registrations.SignUp("Ann Lee", f"person{number}@example.net", "OT", "UTC", "", "/")
    with hub.app.app_context(), transaction():
        cohort = db.session.scalars(select(Cohort.public_id)).one()
        registrations.sign_up(cohort, form, network="bench", per_network=10**6, now=clock.now())


def _waits(hub: Installation) -> list[float]:
    with hub.app.app_context():
        rows = db.session.execute(
            select(Delivery.due_at, Delivery.sent_at).where(
                Delivery.kind == "confirmation", Delivery.state == "sent"
            )
        )
        return [(sent_at - due_at).total_seconds() for due_at, sent_at in rows if sent_at is not None]


def figures() -> list[Figure]:
    """Both databases."""
    return [figure for engine in ENGINES for figure in measure(engine)]


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(ENGINES)
    print(table(figure for engine in chosen for figure in measure(engine)))
