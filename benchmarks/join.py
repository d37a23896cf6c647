"""The minute before the start: the personal link, the door and the join button: `python -m benchmarks.join`.

Each is asked for again and again by the same few people, with 8 clients, on gunicorn with 2 processes of 4 threads.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from sqlalchemy import select

from benchmarks.clients import load
from benchmarks.databases import ENGINES
from benchmarks.figures import Figure, table
from benchmarks.installation import Installation, installed, register
from benchmarks.processes import cpu_seconds, gunicorn
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Person, Session

PEOPLE, CLIENTS, SECONDS = 200, 8, 6.0

Visit = tuple[str, str, str]


def measure(engine: str) -> Iterator[Figure]:
    """The three requests of somebody who comes by the link in a reminder."""
    with ExitStack() as stack:
        hub = stack.enter_context(installed(stack.enter_context(ENGINES[engine]())))
        register(hub, PEOPLE)
        links, session = _begin_now(hub)
        port = stack.enter_context(gunicorn("wsgi:app", hub.environment | {"BENCH_OWNER": str(os.getpid())}))
        door = f"/my/join/{session}"
        visits = [_visit(port, link, door) for link in links]
        steps: dict[str, tuple[Callable[[], bytes], int]] = {
            "the link in a mail": (_in_turn([_get(link) for link in links]), 303),
            "the door": (_in_turn([_get(door, cookie) for _, cookie, _ in visits]), 200),
            "the join button": (_in_turn([_post(door, cookie, csrf) for _, cookie, csrf in visits]), 303),
        }
        for step, (request, wanted) in steps.items():
            before = _cpu()
            found = load(port, request, wanted=wanted, clients=CLIENTS, seconds=SECONDS)
            spent = _cpu() - before
            yield Figure(f"{engine}: {step}, {CLIENTS} clients", found.per_second, "/s")
            yield Figure(f"{engine}: {step}, processor", 1000 * spent / max(1, len(found.latencies)), "ms")
            yield Figure(f"{engine}: {step}, errors", len(found.errors), "", 0, "below")


def _cpu() -> float:
    """Seconds of processor of the pages' processes: unlike a rate, it hardly suffers from others on the machine."""
    return sum(cpu_seconds(int(entry.name)) for entry in Path("/proc").glob("[0-9]*") if _serves_pages(entry))


def _serves_pages(process: Path) -> bool:
    try:
        environment = (process / "environ").read_bytes()
        return b"wsgi:app" in (process / "cmdline").read_bytes() and f"={os.getpid()}\0".encode() in environment
    except OSError:
        return False


def _begin_now(hub: Installation) -> tuple[list[str], str]:
    """The paths of everybody's link to the first evening, which begins in five minutes, and its id."""
    with hub.app.app_context(), transaction() as session:
        evening = session.scalars(select(Session).order_by(Session.starts_at).limit(1)).one()
        evening.starts_at = clock.now() + timedelta(minutes=5)
        evening.ends_at = evening.starts_at + timedelta(hours=1)
        evening.livestream_url = "https://meet.example.org/room"
        links = hub.app.extensions["links"]
        people = db.session.execute(select(Person.id, Person.link_nonce)).all()
        paths = [urlsplit(links.join(links.me(*person), evening.public_id)).path for person in people]
        return paths, evening.public_id


def _visit(port: int, link: str, door: str) -> Visit:
    """A device that has followed the link: its path, cookie and form token."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", link)
    answer = connection.getresponse()
    answer.read()
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    connection.request("GET", door, headers={"Cookie": cookie})
    answer = connection.getresponse()
    page = answer.read().decode()
    cookie = (answer.getheader("Set-Cookie") or cookie).partition(";")[0]
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if found is None:
        raise ValueError("the door has no form")
    return link, cookie, found[1]


def _get(path: str, cookie: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nCookie: {cookie}\r\n\r\n".encode()


def _post(path: str, cookie: str, csrf: str) -> bytes:
    body = urlencode({"csrf_token": csrf})
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nCookie: {cookie}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def _in_turn(requests: list[bytes]) -> Callable[[], bytes]:
    following = cycle(requests)
    return lambda: next(following)


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(ENGINES)
    print(table(figure for engine in chosen for figure in measure(engine)))
