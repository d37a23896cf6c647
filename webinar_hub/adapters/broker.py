"""The queue between the leader and the Celery workers of a fleet, on Redis or RabbitMQ.

It holds tickets, "look whether something is due", and nothing that matters: a broker that forgets everything loses
nothing, because the leader hands out new tickets as long as something is due. What is due lies in the outbox.
"""

from contextlib import suppress
from typing import Any

from webinar_hub.core.config import ConfigError

QUEUE = "webinar-hub"
DRAIN = "webinar_hub.drain"
# How long the broker may take for an answer, in seconds.
PATIENCE = 5.0


class BrokerAway(Exception):
    """The broker cannot be reached, or does not answer; its text never holds the password."""


def celery_app(url: str, *, longest_task: float | None = None) -> Any:
    """The Celery application of leader and workers alike; workers end a task that takes `longest_task` seconds.

    Raises ConfigError where Celery is not installed.
    """
    try:
        from celery import Celery  # noqa: PLC0415  optional dependency
    except ImportError as error:
        missing = "WEBINAR_HUB_BROKER_URL is set, but Celery is not installed: pip install 'webinar-hub[fleet]'."
        raise ConfigError([missing]) from error
    app = Celery("webinar_hub", broker=url, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        accept_content=["json"],
        task_serializer="json",
        # A ticket is torn when work begins. Kept until the end (acks_late) it would come again after a crash, and
        # bring nothing: what the dead worker held comes back by its lease, not by its ticket.
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        # The last resort against a process that hangs: it is killed, and its lease runs out. A soft limit would
        # raise in the middle of a mail that the server may just have taken.
        task_time_limit=longest_task,
        broker_connection_timeout=PATIENCE,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_transport_options(url),
        worker_send_task_events=True,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return app


def _transport_options(url: str) -> dict[str, Any]:
    if url.startswith("redis"):
        # A link that went dead must not be waited on for hours.
        return {
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": 4 * PATIENCE,
            "socket_keepalive": True,
            "health_check_interval": 2 * PATIENCE,
        }
    return {}


class Broker:
    """The leader's end of the queue; used by one thread."""

    def __init__(self, url: str) -> None:
        self._app = celery_app(url)
        # The clock of a fleet must not stand still because its broker does.
        self._is_redis = url.startswith("redis")
        names = ("socket_timeout",) if self._is_redis else ("read_timeout", "write_timeout")
        self._impatient = dict.fromkeys(names, PATIENCE)
        self._connection: Any = None

    def top_up(self, tickets: int, *, batch: int) -> int:
        """See that `tickets` wait in the queue; how many were waiting before.

        What waits is counted each time, so a broker that was away is not flooded. Raises BrokerAway.
        """
        try:
            waiting = self._waiting()
            for _ in range(tickets - waiting):
                self._app.send_task(DRAIN, (batch,), connection=self._connection, retry=False)
        except Exception as error:
            self.close()
            # What the libraries below raise has no common ancestor but this.
            raise BrokerAway(f"{type(error).__name__}: {error}") from error
        return waiting

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                # RabbitMQ would want to be told and to answer, and it may not answer.
                if self._is_redis:
                    connection.release()
                else:
                    connection.collect()

    def _waiting(self) -> int:
        if self._connection is None:
            self._connection = self._app.connection_for_write(transport_options=self._impatient)
            # By itself it would try for longer, with pauses; the leader's next look is the next try.
            self._connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE)
        queue = self._app.amqp.queues[QUEUE](self._connection.default_channel)
        queue.declare()
        count: int = queue.queue_declare().message_count
        return count
