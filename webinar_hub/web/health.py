"""Whether the service can do its work and how it does it, for load balancers, watchful scripts and Prometheus."""

import hmac
from ipaddress import ip_address

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from webinar_hub.core import clock, metrics
from webinar_hub.core.errors import NotFound
from webinar_hub.queries import health as queries
from webinar_hub.queries import metrics as figures
from webinar_hub.queries import schema
from webinar_hub.web.current import network, settings

blueprint = Blueprint("health", __name__)

_PASSED_ON = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 when all is well, 503 with the reasons when not."""
    view = queries.health(clock.now(), leader_lease=settings().leader_lease)
    return _answer(list(view.lines))


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 when this process can serve pages, 503 with the reason when not; what the database said stays inside."""
    try:
        up_to_date = schema.is_up_to_date()
    except SQLAlchemyError:
        return _answer(["The database does not answer."])
    return _answer([] if up_to_date else ["The database is not that of this version: run `webinar-hub migrate`."])


@blueprint.get("/metrics")
def scrape() -> Response:
    """Figures for Prometheus; whoever may not see them finds nothing here."""
    if not _may_scrape():
        raise NotFound()
    try:
        read = figures.readings(clock.now(), leader_lease=settings().leader_lease)
    except SQLAlchemyError:
        read = figures.without_database()
    return Response(metrics.page(read), content_type=metrics.CONTENT_TYPE)


def _may_scrape() -> bool:
    """With a token whoever has it; without one only this machine, and nobody whom a proxy brought in."""
    token = settings().metrics_token
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    return _is_this_machine(network()) and not any(name in request.headers for name in _PASSED_ON)


def _is_this_machine(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _answer(problems: list[str]) -> Response:
    response = jsonify(ok=not problems, lines=problems)
    response.status_code = 503 if problems else 200
    return response
