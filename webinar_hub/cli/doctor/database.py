"""Is the database there, whole, of this version, and does everything move in it?"""

from collections.abc import Iterator
from datetime import timedelta

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.log import without_secrets
from webinar_hub.queries import doctor, health, schema
from webinar_hub.rules import checkup
from webinar_hub.rules.checkup import Finding

WEEK = timedelta(days=7)


def there(app: Flask) -> Finding:
    """Whether it answers, and what it is."""
    try:
        with app.app_context():
            return Finding("database", "ok", f"{doctor.server()} answers.")
    except SQLAlchemyError as error:
        reason = without_secrets(str(getattr(error, "orig", error)).splitlines()[0])
        return Finding(
            "database",
            "broken",
            f"The database does not answer: {reason}.",
            "Is it running, and is WEBINAR_HUB_DATABASE_URL right? What needs the database was not checked.",
        )


def of_this_version(app: Flask) -> Finding:
    """Whether the migrations have been run."""
    with app.app_context():
        if schema.is_up_to_date():
            return Finding("migrations", "ok", "The tables are those of this version.")
    return Finding(
        "migrations", "broken", "The tables are not those of this version.", "Run `webinar-hub migrate`."
    )


def whole(app: Flask) -> Iterator[Finding]:
    """Whether its file is sound, and its clock is ours."""
    with app.app_context():
        said = doctor.damage()
        if said:
            remedy = "Stop the service and go back to a backup (`webinar-hub restore`); keep the damaged file."
            yield Finding("integrity", "broken", f"The database's file is damaged: {said}.", remedy)
        elif said is not None:
            yield Finding("integrity", "ok", "The database's file is sound.")
        yield checkup.clock_skew((doctor.moment() - clock.real_now()).total_seconds())


def moving(app: Flask) -> Iterator[Finding]:
    """Whether the clock is rung, what is due goes out, and nothing is stuck or has failed."""
    settings: Settings = app.extensions["settings"]
    now = clock.now()
    with app.app_context():
        view = health.health(now, leader_lease=settings.leader_lease)
        if view.ok:
            yield Finding("worker", "ok", "A worker rings the clock, and no message of a plan waits for it.")
        for line in view.lines:
            yield Finding("worker", "broken", line, "Is a worker running? Its log says more.")
        yield checkup.overdue(doctor.overdue(now - health.LAG))
        yield checkup.stuck(doctor.leases_run_out())
        yield checkup.failures(doctor.failures(now - WEEK))
        yield checkup.to_call(doctor.open_tasks())
