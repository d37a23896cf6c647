"""Floor 8: the Celery application of a fleet, as in `celery -A webinar_hub.fleet worker`.

Any number of these run on any number of machines, with the processes (`--pool prefork`, the default) or threads
(`--pool threads`) of Celery. They only send: `webinar-hub worker` or `serve` rings the clock and hands out tickets.
"""

from typing import Any

from celery import signals
from click import ClickException
from sqlalchemy.exc import SQLAlchemyError

from webinar_hub.adapters.broker import DRAIN, celery_app
from webinar_hub.app import create_app
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.core.config import ConfigError, Settings, read_settings
from webinar_hub.core.db import close_connections
from webinar_hub.core.log import get_logger
from webinar_hub.worker.fleet import Crew, longest_task

log = get_logger("fleet")


def _settings() -> Settings:
    settings = read_settings()
    if not settings.broker_url:
        raise ConfigError(["WEBINAR_HUB_BROKER_URL is not set: a Celery worker needs the fleet's broker."])
    return settings


try:
    settings = _settings()
    hub = create_app(settings)
except ConfigError as error:
    raise SystemExit("\n  - ".join(["The settings are not right:", *error.problems])) from None

app = celery_app(settings.broker_url, longest_task=longest_task(settings))
crew = Crew(hub)


def drain(limit: int) -> None:
    """What a ticket asks for."""
    crew.work(limit)


def begin(**_: Any) -> None:
    """Before the first process is forked: never start on a database that is behind."""
    try:
        demand_up_to_date(hub)
    except ClickException as error:
        # Celery goes on after any other error here.
        raise SystemExit(error.message) from None
    except SQLAlchemyError as error:
        log.warning("the database does not answer yet", error=repr(error))
    with hub.app_context():
        close_connections()


def ready(**_: Any) -> None:
    """It takes tickets from now on."""
    log.info("fleet worker ready")


def keep_our_log(**_: Any) -> None:
    """Celery would set up a log of its own, which knows nothing of secrets; its warnings come through ours."""


def end(**_: Any) -> None:
    """Asked to end: finish what is on the wire; Celery waits for that."""
    crew.ask_to_stop()


def close(**_: Any) -> None:
    """Say goodbye to the mail server."""
    crew.close()


app.task(name=DRAIN)(drain)
signals.setup_logging.connect(keep_our_log)
signals.worker_init.connect(begin)
signals.worker_ready.connect(ready)
signals.worker_shutting_down.connect(end)
signals.worker_process_shutdown.connect(close)
signals.worker_shutdown.connect(close)
