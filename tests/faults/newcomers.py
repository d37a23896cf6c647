"""People who sign up at once from several processes, as they do behind a load balancer."""

import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from hub_processes import _forking

from webinar_hub.app import create_app
from webinar_hub.core import clock
from webinar_hub.core.config import read_settings
from webinar_hub.core.db import db
from webinar_hub.core.errors import HubError
from webinar_hub.core.together import together
from webinar_hub.services import registrations

THREADS = 10


def crowd(environment: Mapping[str, str], cohort: str, people: int, processes: int) -> Counter[str]:
    """So many sign up at once in so many processes; how often which answer came, an error by its name."""
    answers: Any = _forking.Queue()
    share = people // processes
    started = [
        _forking.Process(target=_visit, args=(dict(environment), cohort, n * share, share, answers), daemon=True)
        for n in range(processes)
    ]
    for process in started:
        process.start()
    try:
        return sum((answers.get(timeout=120) for _ in started), Counter())
    finally:
        for process in started:
            process.join(30)
            process.close()


def _visit(environment: dict[str, str], cohort: str, first: int, number: int, answers: Any) -> None:
    os.environ.update(environment)
    app = create_app(read_settings())

    def sign_up(person: int) -> str:
        form = registrations.SignUp("Robin", f"ann{person}@example.net", "OT", "America/New_York", "", "/")
        network = f"192.0.2.{person % 250}"
        work = partial(registrations.sign_up, cohort, form, network=network, per_network=1000, now=clock.now())
        with app.app_context():
            try:
                return together(work, group=cohort)
            except HubError as refused:
                return refused.message
            except Exception as error:
                return repr(error)

    with ThreadPoolExecutor(THREADS) as pool:
        answers.put(Counter(pool.map(sign_up, range(first, first + number))))
    with app.app_context():
        db.engine.dispose()
