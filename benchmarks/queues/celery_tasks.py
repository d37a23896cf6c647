"""Celery, one task a mail, on Redis: as a worker's application, and as the command that enqueues."""

import os
import sys

from celery import Celery

from benchmarks.queues import mail

LATE = bool(os.environ.get("BENCH_ACKS_LATE"))

app = Celery("benchmark", broker=os.environ["BENCH_REDIS_URL"])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=LATE,
    task_reject_on_worker_lost=LATE,
    worker_prefetch_multiplier=1 if LATE else 4,
    broker_connection_retry_on_startup=True,
    # Celery's default is an hour: a message that a dead worker held comes back after that. We do not wait so long.
    broker_transport_options={"visibility_timeout": 30},
)


@app.task(name="send")
def send(number: int) -> None:
    """One mail."""
    mail.send(number)


if __name__ == "__main__":
    with app.producer_pool.acquire(block=True) as producer:
        for each in range(int(sys.argv[1])):
            send.apply_async((each,), producer=producer)
