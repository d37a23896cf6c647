"""Where mail providers tell what became of mails; their signatures are checked before anything is believed."""

from typing import cast

from flask import Blueprint, Response, current_app, request

from webinar_hub.adapters.webhooks import Incoming, Webhook
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError, NotFound
from webinar_hub.core.log import get_logger
from webinar_hub.services import webhook_events
from webinar_hub.web.other_sites import csrf

blueprint = Blueprint("webhooks", __name__)
log = get_logger("web")

# SendGrid puts up to about 800 kB of events into one request; no other provider comes near.
LARGEST = 1_500_000


# The provider's signature is the authority; there is no cookie, so another site can do no harm either.
@blueprint.post("/webhooks/<provider>")
@csrf.exempt
def receive(provider: str) -> Response:
    """Take what a provider tells; 404 where its secret is not set."""
    webhook = _webhook(provider)
    request.max_content_length = LARGEST
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        received = webhook.read(Incoming(headers, request.get_data(), clock.now()))
        with transaction():
            counted = webhook_events.take(provider, received, now=clock.now())
    except HubError as problem:
        log.warning("webhook refused", provider=provider, reason=problem.message)
        raise
    log.info("webhook", provider=provider, **counted)
    return Response(status=204)


def _webhook(provider: str) -> Webhook:
    found = current_app.extensions["webhooks"].get(provider)
    if found is None:
        raise NotFound()
    return cast("Webhook", found)
