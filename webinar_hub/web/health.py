"""Whether the service can do its work, for a load balancer or a watchful script."""

from flask import Blueprint, Response, jsonify

from webinar_hub.core import clock
from webinar_hub.queries import health as queries
from webinar_hub.web.current import settings

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 when all is well, 503 with the reasons when not."""
    view = queries.health(clock.now(), leader_lease=settings().leader_lease)
    response = jsonify(ok=view.ok, lines=list(view.lines))
    response.status_code = 200 if view.ok else 503
    return response
