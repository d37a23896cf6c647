"""Floor 7: puts the pieces together; `create_app` is the only place that knows them all."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from webinar_hub import models, web
from webinar_hub.adapters.inbox.setting import InboxSetting, inbox_setting
from webinar_hub.adapters.storage import Storage
from webinar_hub.adapters.storage.opening import open_storage
from webinar_hub.adapters.tries import RedisTries
from webinar_hub.adapters.webhooks import Webhook
from webinar_hub.adapters.webhooks.opening import open_webhooks
from webinar_hub.core import clock, db, language, log, migrations
from webinar_hub.core.config import ConfigError, Settings, read_settings
from webinar_hub.core.links import Links
from webinar_hub.core.return_address import ReturnAddress
from webinar_hub.core.tokens import Tokens
from webinar_hub.documents.email import Composer
from webinar_hub.documents.look import look_of
from webinar_hub.documents.notices import NoticeTemplates
from webinar_hub.queries.calendars import Hub
from webinar_hub.queries.house import KeptHouse
from webinar_hub.rules.house import House
from webinar_hub.rules.pacing import Limits
from webinar_hub.services.staff_letters import Post
from webinar_hub.services.voice import Voice

# The right side of calendar UIDs. They must stay the same for life (RFC 5545 3.8.4.7), so it is not the address
# of the service, which may move; what makes them unique is on the left.
CALENDAR_HOST = "webinar-hub"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def resource_folder(name: str) -> Path:
    """Where `templates` or `migrations` is: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).resolve().parent
    beside = package.parent / name
    return beside if (package.parent / "pyproject.toml").exists() else package / name


def create_app(settings: Settings | None = None, *, studio_waits: bool = False) -> Flask:
    """The service as a WSGI application, without a worker. Raises ConfigError for settings it cannot run with.

    With `studio_waits` the studio is loaded when its first page is asked for (`web/late_studio.py`).
    """
    settings = settings or read_settings()
    log.configure(settings.log_level, as_json=settings.log_format == "json")
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    app = Flask("webinar_hub", template_folder=str(resource_folder("templates")))
    _configure(app, settings)
    _provide(app, settings)
    _connect(app, settings)
    Compress(app)
    language.register(app)
    if settings.trusted_proxies:
        # Only as many hops are believed as the operator says there are (ASVS 4.1.3); the host never is.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies, x_host=0
        )
    web.register(app, studio_waits=studio_waits)
    if settings.demo:
        clock.restore(settings.clock_file)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    *older, current = settings.keys
    app.config.update(
        SECRET_KEY=current,
        SECRET_KEY_FALLBACKS=older,
        SESSION_COOKIE_NAME="__Host-hub" if settings.is_https else "hub",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        TRUSTED_HOSTS=[settings.host, *LOCAL_HOSTS],
        MAX_CONTENT_LENGTH=64 * 1024,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
        MAX_FORM_PARTS=100,
        WTF_CSRF_TIME_LIMIT=None,
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(
            settings.database, connections=settings.web_threads + settings.connections
        ),
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_MIN_SIZE=600,
    )


def _provide(app: Flask, settings: Settings) -> None:
    """What entry points ask the application for; `web/current.py` gives it its types."""
    tokens = Tokens(settings.keys)
    links = Links(settings.base_url, tokens)
    house = KeptHouse()
    notice_templates = NoticeTemplates(resource_folder("templates"), lambda: look_of(house.now()))
    returns = ReturnAddress(settings.return_address, tokens, is_read=bool(settings.inbox))
    hub = Hub(
        links=links,
        host=CALENDAR_HOST,
        sender=settings.mail_sender,
        returns=returns if returns.address else None,
    )
    app.extensions |= {
        "settings": settings,
        "tokens": tokens,
        "links": links,
        "hub": hub,
        "house": house,
        "storage": _storage(settings),
        "tries": RedisTries(settings.redis_url) if settings.redis_url else None,
        "migrations_folder": resource_folder("migrations"),
        "webhooks": _webhooks(settings),
        "inbox": _inbox(settings),
        "composer": Composer(resource_folder("templates")),
        "notice_templates": notice_templates,
        "voice": lambda: _voice(hub, house.now(), notice_templates, settings),
        "staff_post": Post(notice_templates, settings.staff_sender, settings.base_url),
        "limits": Limits(
            settings.mail_rate, settings.mail_burst, settings.rates_by_domain, daily=settings.daily_limit
        ),
    }


def _voice(hub: Hub, house: House, templates: NoticeTemplates, settings: Settings) -> Voice:
    ours = hub.of(house)
    return Voice(
        templates=templates,
        links=ours.links,
        host=ours.host,
        service=house.name,
        sender=ours.sender,
        from_name=ours.from_name,
        reply_to=ours.reply_to,
        fallback=ours.sender or settings.staff_sender,
    )


def _webhooks(settings: Settings) -> Mapping[str, Webhook]:
    try:
        return open_webhooks(
            postmark=settings.webhook_postmark,
            mailgun=settings.webhook_mailgun,
            sendgrid=settings.webhook_sendgrid,
            ses_topic=settings.webhook_ses_topic,
        )
    except ValueError as error:
        raise ConfigError([f"A WEBINAR_HUB_WEBHOOK_… setting cannot be used: {error}."]) from error


def _inbox(settings: Settings) -> InboxSetting | None:
    try:
        return inbox_setting(settings.inbox) if settings.inbox else None
    except ValueError as error:
        raise ConfigError([f"WEBINAR_HUB_INBOX: {error}."]) from None


def _storage(settings: Settings) -> Storage:
    return open_storage(
        settings.materials,
        settings.materials_folder,
        key=settings.s3_key,
        secret=settings.s3_secret,
        largest=settings.upload_limit,
    )


def _connect(app: Flask, settings: Settings) -> None:
    db.db.init_app(app)
    migrations.offer(app)
    with app.app_context():
        db.prepare(db.db.engine)


__all__ = ["create_app", "models", "resource_folder"]
