"""APScheduler, one job a mail in a SQLAlchemyJobStore; the misfire grace is off, or late jobs would be dropped."""

import os
import sys
import time
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

THREADS = 4


def scheduler() -> BackgroundScheduler:
    """As somebody would set it up who wants no mail dropped."""
    url = os.environ["BENCH_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
    return BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        timezone="UTC",
    )


if __name__ == "__main__":
    clock = scheduler()
    if sys.argv[1] == "work":
        clock.start()
        while True:
            time.sleep(1)
    clock.start(paused=True)
    for each in range(int(sys.argv[1])):
        clock.add_job("benchmarks.queues.mail:send", "date", run_date=datetime.now(UTC), args=[each], id=str(each))
    # A scheduler that is shut down takes up what is due first, even if it was paused: leave it all to the worker.
    os._exit(0)
