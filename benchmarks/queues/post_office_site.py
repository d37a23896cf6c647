"""The settings of a Django site with django-post-office on PostgreSQL, and the command that enqueues."""

import os
import sys
from urllib.parse import parse_qs, urlsplit

_FOLDER = os.environ["BENCH_FOLDER"]
_URL = urlsplit(os.environ["BENCH_DATABASE_URL"])

SECRET_KEY = "for measuring only"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "post_office"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _URL.path.strip("/"),
        "USER": _URL.username or "postgres",
        "HOST": _URL.hostname or parse_qs(_URL.query)["host"][0],
        "PORT": _URL.port or "",
    }
}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
MEDIA_ROOT = f"{_FOLDER}/media"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ["BENCH_PORT"])
POST_OFFICE = {"BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"}}
LOGGING_CONFIG = None


def _enqueue(mails: int) -> None:
    """Text and HTML are rendered when it sends; an invite is a file that it keeps from now on."""
    from pathlib import Path

    from django.core.files.base import ContentFile
    from post_office import mail as office
    from post_office.models import EmailTemplate

    from benchmarks.queues import mail

    EmailTemplate.objects.get_or_create(
        name="reminder",
        subject="Tomorrow: The first live hour",
        content=Path(_FOLDER, "reminder.txt").read_text(encoding="utf-8"),
        html_content=Path(_FOLDER, "reminder.html").read_text(encoding="utf-8"),
    )
    for number in range(mails):
        someone = mail.person(number)
        calendar = {"file": ContentFile(mail.invite(number)), "mimetype": "text/calendar"}
        office.send(
            someone["email"],
            f"Dana Rivers <{mail.SENDER}>",
            template="reminder",
            context=someone,
            headers=mail.headers(number),
            attachments={"invite.ics": calendar},
            render_on_delivery=True,
        )


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.queues.post_office_site"
    import django

    django.setup()
    _enqueue(int(sys.argv[1]))
