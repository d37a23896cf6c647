"""How long a form was open: its token against forged requests carries the moment it was made, signed."""

from datetime import UTC, datetime

from itsdangerous.encoding import base64_decode, bytes_to_int

from webinar_hub.core import clock
from webinar_hub.core.language import gettext as _
from webinar_hub.rules.protection import too_old, too_quick
from webinar_hub.web.current import settings


def problem(token: str) -> str:
    """What is wrong with the time between the page and the button, in kind words; "" if nothing is.

    `token` was checked before: it is ours. A `fill_seconds` of 0 looks at nothing.
    """
    least = settings().fill_seconds
    if not least:
        return ""
    made_at, now = _made_at(token), clock.real_now()
    if too_quick(made_at, now, least=least):
        return str(
            _("That was quicker than people type. Nothing was lost: look it over and press the button again.")
        )
    if too_old(made_at, now):
        return str(
            _("This page was open for very long. Nothing was lost: look it over and press the button again.")
        )
    return ""


def _made_at(token: str) -> datetime:
    stamp = token.rsplit(".", 2)[1]
    return datetime.fromtimestamp(bytes_to_int(base64_decode(stamp)), tz=UTC)
