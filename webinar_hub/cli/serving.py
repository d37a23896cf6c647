"""Pages and worker in one process, on gunicorn: what `serve` and `demo` have in common."""

import socket
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from webinar_hub.core.config import Settings
from webinar_hub.core.db import close_connections
from webinar_hub.worker.running import GRACE, Worker


def demand_free(host: str, port: int) -> None:
    """Raises click.ClickException where something listens already: gunicorn would try for seconds."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(f"Cannot listen on {host}:{port} ({error.strerror}). Try --port.") from error


class Server(BaseApplication):
    """One gunicorn worker with threads; ours is started after the fork and stopped before the exit."""

    def __init__(self, app: Flask, address: str, *, with_worker: bool = True) -> None:
        self._app = app
        self._address = address
        self._with_worker = with_worker
        self._worker: Worker | None = None
        with app.app_context():
            close_connections()
        super().__init__()

    def load_config(self) -> None:
        """What gunicorn asks for its settings."""
        settings: Settings = self._app.extensions["settings"]
        chosen: dict[str, Any] = {
            "bind": self._address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": settings.web_threads,
            "timeout": 60,
            "graceful_timeout": int(GRACE) + 1,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_worker_init": self._begin,
            "worker_exit": self._end,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """What gunicorn asks for the application."""
        return self._app

    def _begin(self, _: Any) -> None:
        if self._with_worker:
            self._worker = Worker(self._app)
            self._worker.start()

    def _end(self, _: Any, __: Any) -> None:
        if self._worker:
            self._worker.stop()
