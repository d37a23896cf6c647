"""procrastinate, one job a mail, on PostgreSQL, with the periodic rescue of its documentation."""

import os
import sys

from procrastinate import App, PsycopgConnector

from benchmarks.queues import mail

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_DATABASE_URL"]))


@app.task(name="send")
def send(number: int) -> None:
    """One mail."""
    mail.send(number)


# "Retry stalled jobs" of its documentation has every ten minutes; we do not wait so long.
@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=True, name="retry_stalled_jobs")
async def retry_stalled_jobs(context: object, timestamp: int) -> None:
    """Put jobs back whose worker has died."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


if __name__ == "__main__":
    from benchmarks.queues.procrastinate_tasks import app as known_by_name

    with known_by_name.open():
        if sys.argv[1] == "prepare":
            known_by_name.schema_manager.apply_schema()
        else:
            known_by_name.configure_task("send").batch_defer(
                *({"number": each} for each in range(int(sys.argv[1])))
            )
