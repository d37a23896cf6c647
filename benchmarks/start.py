"""From process start to the first page beside importing Flask, Flask-SQLAlchemy and Flask-Security.

Run with `python -m benchmarks.start`. Flask-Security is none of our dependencies; without it ours stands alone.
"""

import http.client
import importlib.util
import subprocess
import time
from collections.abc import Iterator
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, table
from benchmarks.processes import PYTHON, free_port, running

ROUNDS = 5
TIMES_THE_IMPORTS = 2.0
IMPORTS = "import flask, flask_sqlalchemy, flask_security"


def measure() -> Iterator[Figure]:
    """Both in turn, on a database that is up to date already; medians."""
    with TemporaryDirectory() as folder:
        environment = {"WEBINAR_HUB_DATA_FOLDER": folder, "WEBINAR_HUB_LOG_LEVEL": "warning"}
        _first_page(environment)
        compared = importlib.util.find_spec("flask_security") is not None
        pairs = [(_first_page(environment), _imports() if compared else 0.0) for _ in range(ROUNDS)]
    ours, theirs = (median(column) for column in zip(*pairs, strict=True))
    yield Figure("serve: process start to first page", ours, "s")
    if compared:
        yield Figure("importing Flask, Flask-SQLAlchemy, Flask-Security", theirs, "s")
        yield Figure("start to those imports", ours / theirs, "", TIMES_THE_IMPORTS, "below")


def _first_page(environment: dict[str, str]) -> float:
    port = free_port()
    begun = time.perf_counter()
    with running([PYTHON, "-m", "webinar_hub", "serve", "--port", str(port)], environment):
        while not _answers(port):
            time.sleep(0.005)
        return time.perf_counter() - begun


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _imports() -> float:
    begun = time.perf_counter()
    subprocess.run([PYTHON, "-c", IMPORTS], check=True)
    return time.perf_counter() - begun


def figures() -> list[Figure]:
    """The figures of this file."""
    return list(measure())


if __name__ == "__main__":
    print(table(measure()))
