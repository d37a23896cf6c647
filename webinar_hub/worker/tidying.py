"""Removes the files that nobody claims: what is left of uploads that broke off, and of deleted materials."""

import threading
from datetime import timedelta

from flask import Flask
from sqlalchemy.exc import OperationalError

from webinar_hub.adapters.storage import Storage
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.log import get_logger
from webinar_hub.queries.materials import loose_files
from webinar_hub.services import materials

EVERY = 3600.0
"""Seconds between two looks."""
UPLOADS_TAKE_AT_MOST = timedelta(days=1)
AT_ONCE = 100

log = get_logger("tidying")


def remove_loose_files(storage: Storage) -> int:
    """Remove up to a hundred of them; how many. A place for files that is away is asked again the next time."""
    names = loose_files(clock.now() - UPLOADS_TAKE_AT_MOST, AT_ONCE)
    for number, name in enumerate(names):
        try:
            storage.delete(name)
        except OSError as error:
            log.warning("loose files stay for now", files=len(names) - number, error=str(error))
            return number
        with transaction():
            materials.forget_file(name)
    return len(names)


class Tidier:
    """Looks in a thread of its own, so that a place for files that is slow keeps no clock from ringing.

    Every worker has one: a file that another one has removed already is no error.
    """

    def __init__(self, app: Flask, *, every: float = EVERY) -> None:
        self._app = app
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tidying", daemon=True)

    def start(self) -> None:
        """Begin to look, for the first time after a while: a start has better things to do."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(0.5)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                with self._app.app_context():
                    removed = remove_loose_files(self._app.extensions["storage"])
            except OperationalError as error:
                log.warning("database away", error=str(error.orig))
            else:
                if removed:
                    log.info("removed loose files", files=removed)
