"""huey, one task a mail, on SQLite."""

import os
import sys

from huey import SqliteHuey

from benchmarks.queues import mail

huey = SqliteHuey("benchmark", filename=f"{os.environ['BENCH_FOLDER']}/huey.db")


@huey.task(retries=2, retry_delay=1)
def send(number: int) -> None:
    """One mail."""
    mail.send(number)


if __name__ == "__main__":
    from benchmarks.queues.huey_tasks import send as known_by_name

    for each in range(int(sys.argv[1])):
        known_by_name(each)
