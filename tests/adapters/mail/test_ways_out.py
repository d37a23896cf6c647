"""From a sign-up through the outbox to each provider: what the delivery keeps, and what a closed way out costs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from provider_conducts import CONDUCTS
from provider_server import Conduct, ProviderServer
from time_machine import Traveller

from tests.building import given_cohort, outbox, sign_up
from tests.delivering import desk
from webinar_hub.adapters.mail import MailTransport
from webinar_hub.adapters.mail.opening import open_configured
from webinar_hub.core.config import read_settings
from webinar_hub.worker.drain import drain


@pytest.fixture(params=CONDUCTS)
def pair(request: pytest.FixtureRequest, start_provider) -> tuple[Conduct, ProviderServer]:
    return start_provider(request.param)


@pytest.fixture
def transport(pair: tuple[Conduct, ProviderServer]) -> Iterator[MailTransport]:
    conduct, server = pair
    transport = open_configured(read_settings(mail=conduct.setting(server.url)))
    yield transport
    transport.close()


@pytest.fixture
def signed_up(app: Flask, tmp_path: Path, travel: Traveller) -> Flask:
    cohort = given_cohort(app, tmp_path)
    for name in ("Ann", "Bea"):
        sign_up(app, cohort, f"{name.lower()}@x.example", name)
    return app


def test_each_delivery_keeps_the_providers_number_and_the_provider_its_key(
    pair, transport, signed_up: Flask
) -> None:
    conduct, _ = pair
    while drain(signed_up, desk(signed_up), transport, limit=20):
        pass
    sent = outbox(signed_up, state="sent")
    assert len(sent) == len(conduct.taken) == len(outbox(signed_up)) > 2
    assert {conduct.key_of(number) for number in range(len(sent))} == {delivery.key for delivery in sent}
    assert all(" has it as " in (delivery.reply or "") for delivery in sent)
    assert len({delivery.reply for delivery in sent}) == len(sent)


def test_a_key_that_is_no_longer_right_costs_no_delivery_an_attempt(pair, transport, signed_up: Flask) -> None:
    conduct, _ = pair
    right = conduct.key
    conduct.key = "a/new-one"
    drain(signed_up, desk(signed_up), transport, limit=20)
    waiting = outbox(signed_up)
    assert {(delivery.state, delivery.attempts) for delivery in waiting} == {("queued", 0)}
    assert all((delivery.reply or "")[:3] in ("401", "403") for delivery in waiting)
    conduct.key = right
    while drain(signed_up, desk(signed_up), transport, limit=20):
        pass
    assert {delivery.state for delivery in outbox(signed_up)} == {"sent"}


def test_a_refusal_stops_one_delivery_and_no_other(pair, transport, signed_up: Flask) -> None:
    conduct, server = pair
    server.script.append(conduct.said_no("This address has bounced before."))
    while drain(signed_up, desk(signed_up), transport, limit=20):
        pass
    (failed,) = outbox(signed_up, state="failed")
    assert "This address has bounced before." in (failed.reply or "")
    assert len(outbox(signed_up, state="sent")) == len(outbox(signed_up)) - 1
