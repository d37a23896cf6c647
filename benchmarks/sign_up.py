"""Sign-ups through the real form beside a bare Flask view with one INSERT: `python -m benchmarks.sign_up`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median

from sqlalchemy import create_engine

from benchmarks.clients import Load, bare_post, load, sign_up_post
from benchmarks.databases import ENGINES
from benchmarks.figures import Figure, table
from benchmarks.installation import installed
from benchmarks.processes import ROOT, gunicorn

ROUNDS = 5
SECONDS = 1.5
CLIENTS = 8
MANY_CLIENTS = 32
SHARE_OF_ORM = 0.4


def measure(engine: str) -> Iterator[Figure]:
    """Alternate between the three views and compare their medians, on one database server and one gunicorn each."""
    with ExitStack() as stack:
        hub_url, bare_url = (stack.enter_context(ENGINES[engine]()) for _ in range(2))
        hub = stack.enter_context(installed(hub_url))
        hub_port = stack.enter_context(gunicorn("wsgi:app", hub.environment))
        bare_port = stack.enter_context(gunicorn("benchmarks.bare_flask:app", _bare_environment(bare_url)))
        form = sign_up_post(hub_port, hub.sign_up_path())
        ways: dict[str, Callable[[int], Load]] = {
            "sign-up": lambda clients: load(hub_port, form, wanted=303, clients=clients, seconds=SECONDS),
            "orm": lambda clients: load(bare_port, bare_post("/orm"), wanted=200, clients=clients, seconds=SECONDS),
            "raw": lambda clients: load(bare_port, bare_post("/raw"), wanted=200, clients=clients, seconds=SECONDS),
        }
        rounds = {name: [way(CLIENTS) for _ in range(1)] for name, way in ways.items()}
        rounds = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                rounds[name].append(way(CLIENTS))
        many = ways["sign-up"](MANY_CLIENTS)
        yield from _figures(engine, rounds, many)
        answered = hub.deliveries("queued")
        yield Figure(f"{engine}: confirmations in the outbox", answered, "")


def _figures(engine: str, rounds: dict[str, list[Load]], many: Load) -> Iterator[Figure]:
    rates = {name: median(one.per_second for one in loads) for name, loads in rounds.items()}
    latencies = sorted(latency for one in rounds["sign-up"] for latency in one.latencies)
    errors = sum(len(one.errors) for one in (*rounds["sign-up"], many))
    for problem in {error for one in (*rounds["sign-up"], many) for error in one.errors}:
        print(f"  {problem}", file=sys.stderr)
    yield Figure(f"{engine}: sign-ups, {CLIENTS} clients", rates["sign-up"], "/s")
    yield Figure(f"{engine}: one ORM INSERT in a bare Flask view", rates["orm"], "/s")
    yield Figure(f"{engine}: one raw INSERT in a bare Flask view", rates["raw"], "/s")
    yield Figure(f"{engine}: sign-ups to ORM INSERTs", rates["sign-up"] / rates["orm"], "", SHARE_OF_ORM)
    yield Figure(f"{engine}: sign-up p95", 1000 * latencies[int(0.95 * len(latencies))], "ms")
    yield Figure(f"{engine}: sign-ups, {MANY_CLIENTS} clients", many.per_second, "/s")
    yield Figure(f"{engine}: errors", errors, "", 0, "below")


def _bare_environment(url: str) -> dict[str, str]:
    _create_guests(url)
    return {"BARE_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}


def _create_guests(url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    key = "INTEGER PRIMARY KEY" if url.startswith("sqlite") else "SERIAL PRIMARY KEY"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE guests (id {key}, name VARCHAR(120), email VARCHAR(254))")
    engine.dispose()


def figures() -> list[Figure]:
    """Both databases."""
    return [figure for engine in ENGINES for figure in measure(engine)]


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(ENGINES)
    print(table(figure for engine in chosen for figure in measure(engine)))
