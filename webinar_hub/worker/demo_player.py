"""Plays the demo's clock forward from one thing that happens to the next, never past one that is unfinished."""

import threading
from collections.abc import Callable
from datetime import datetime

from flask import Flask

from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.log import get_logger
from webinar_hub.queries import demo, health, lines

log = get_logger("demo")
# Seconds of real time between two looks whether everything due has gone out.
LOOK_EVERY = 0.02


class DemoPlayer:
    """A thread that moves `now()` to where the demo's visitor asked it to be (`clock.play_until`)."""

    def __init__(self, app: Flask, ring: Callable[[], None]) -> None:
        self._app = app
        self._ring = ring
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-player", daemon=True)

    def start(self) -> None:
        """Begin to wait for wishes."""
        self._thread.start()

    def stop(self) -> None:
        """End where the clock stands."""
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            target = clock.playing_until()
            if target is None:
                continue
            try:
                self._play(target)
            except Exception as error:
                log.error("playing interrupted", error=repr(error))
            clock.stop_playing()

    def _play(self, target: datetime) -> None:
        settings: Settings = self._app.extensions["settings"]
        while not self._stop.is_set() and clock.now() < target:
            with self._app.app_context():
                step = demo.next_moment(clock.now())
            clock.set_to(min(target, step or target), settings.clock_file)
            self._catch_up()

    def _catch_up(self) -> None:
        """Wait until all that is due at this moment has gone out, as it would have in real time."""
        moment = clock.now()
        self._ring()
        while not self._stop.wait(LOOK_EVERY):
            with self._app.app_context():
                # An offer that has run out is due, too: whoever is next is asked at this moment and not later.
                end = lines.next_end()
                if (end is None or end > moment) and not health.unfinished(moment):
                    return
