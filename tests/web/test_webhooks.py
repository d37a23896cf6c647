"""What providers tell is taken once, and what only looks like it changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from time_machine import Traveller
from werkzeug.test import TestResponse

from tests.building import NOW, given_cohort, only_person, only_registration, outbox, sign_up
from tests.delivering import Post, deliver, read
from tests.services.test_suppression import events
from tests.web.visiting import contents
from tests.web.webhook_examples import (
    CERTIFICATE_URL,
    EVERY,
    HOST,
    MAILGUN,
    POSTMARK,
    SENDGRID,
    TOPIC,
    Request,
    certificate,
    confirmation,
    mailgun,
    postmark,
    sendgrid,
    sendgrid_signed,
    ses,
    sns,
)
from webinar_hub.core.config import ConfigError, Settings, read_settings
from webinar_hub.queries.suppressions import open_tasks

Send = Callable[[str, Request], TestResponse]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "webhook_postmark": POSTMARK,
            "webhook_mailgun": MAILGUN,
            "webhook_sendgrid": SENDGRID,
            "webhook_ses_topic": TOPIC,
            "log_level": "info",
        }
    )


@pytest.fixture(autouse=True)
def amazon() -> Iterator[responses.RequestsMock]:
    """Amazon keeps its certificate; nothing else in the world answers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as world:
        world.get(CERTIFICATE_URL, body=certificate())
        yield world


@pytest.fixture
def key(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    """Of the confirmation that Ann was sent."""
    sign_up(app, given_cohort(app, tmp_path))
    deliver(app)
    return outbox(app)[0].key


@pytest.fixture
def send(app: Flask) -> Send:
    def send(provider: str, request: Request) -> TestResponse:
        return app.test_client().post(f"/webhooks/{provider}", data=request.body, headers=request.headers)

    return send


@pytest.mark.parametrize("provider", EVERY)
def test_a_bounce_is_taken_once_however_often_it_is_told(app: Flask, key: str, send: Send, provider: str) -> None:
    for attempt in range(3):
        more = {"token": f"{attempt}" * 50} if provider == "mailgun" else {}
        answer = send(provider, EVERY[provider](key, **more))
        assert (answer.status_code, answer.data) == (204, b"")
        assert "Set-Cookie" not in answer.headers
    (event,) = events(app)
    assert (event.provider, event.kind, event.delivery_id) == (provider, "bounced_hard", outbox(app)[0].id)
    assert NOW - timedelta(seconds=61) <= event.happened_at <= NOW - timedelta(seconds=60)
    assert "no such user" in event.detail
    assert only_person(app).suppressed_at == NOW


CHANGES: list[tuple[str, dict[str, Any], str | None]] = [
    ("postmark", {"record": "Delivery"}, "delivered"),
    ("postmark", {"record": "SpamComplaint"}, "complained"),
    ("postmark", {"Type": "SoftBounce"}, "bounced_soft"),
    ("postmark", {"Type": "Transient"}, "deferred"),
    ("postmark", {"Type": "AutoResponder"}, None),
    ("postmark", {"record": "Open"}, None),
    (
        "postmark",
        {"record": "SubscriptionChange", "SuppressSending": True, "SuppressionReason": "ManualSuppression"},
        "unsubscribed",
    ),
    ("postmark", {"record": "SubscriptionChange", "SuppressSending": False}, None),
    ("mailgun", {"event": "delivered"}, "delivered"),
    ("mailgun", {"event": "complained"}, "complained"),
    ("mailgun", {"event": "unsubscribed"}, "unsubscribed"),
    ("mailgun", {"severity": "temporary"}, "deferred"),
    ("mailgun", {"reason": "old"}, "bounced_soft"),
    ("mailgun", {"reason": "suppress-complaint"}, "complained"),
    ("mailgun", {"delivery-status": {"code": 552, "message": "mailbox full"}}, "bounced_soft"),
    ("mailgun", {"delivery-status": {"code": 605, "message": "not delivering"}}, "bounced_hard"),
    ("mailgun", {"event": "opened"}, None),
    ("sendgrid", {"event": "delivered"}, "delivered"),
    ("sendgrid", {"event": "deferred"}, "deferred"),
    ("sendgrid", {"event": "spamreport"}, "complained"),
    ("sendgrid", {"event": "group_unsubscribe"}, "unsubscribed"),
    ("sendgrid", {"type": "blocked"}, "blocked"),
    ("sendgrid", {"status": "5.2.2"}, "bounced_soft"),
    ("sendgrid", {"event": "dropped", "reason": "Spam Reporting Address"}, "complained"),
    ("sendgrid", {"event": "open"}, None),
    ("ses", {"event": "Delivery"}, "delivered"),
    ("ses", {"event": "Complaint"}, "complained"),
    ("ses", {"SignatureVersion": "2"}, "bounced_hard"),
    ("ses", {"message": {"eventType": "Bounce", "bounce": {"bounceType": "Transient"}}}, "bounced_soft"),
    (
        "ses",
        {"message": {"eventType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam"}}},
        None,
    ),
    ("ses", {"event": "Open"}, None),
]


@pytest.mark.parametrize("provider", EVERY)
def test_each_kind_of_event_is_understood(app: Flask, key: str, send: Send, provider: str) -> None:
    ids = {"postmark": "MessageID", "mailgun": "id", "sendgrid": "sg_event_id", "ses": "MessageId"}
    for number, (_, changes, kind) in enumerate(change for change in CHANGES if change[0] == provider):
        before = len(events(app))
        again = {"token": f"{number:>050}"} if provider == "mailgun" else {}
        request = EVERY[provider](key, **{ids[provider]: f"event {number}"} | again | changes)
        assert (changes, send(provider, request).status_code) == (changes, 204)
        assert (changes, [e.kind for e in events(app)[before:]]) == (changes, [kind] if kind else [])


def test_out_of_order_the_facts_are_the_same(app: Flask, key: str, send: Send) -> None:
    send("postmark", postmark(key))
    assert only_person(app).suppressed_at == NOW
    send("postmark", postmark(key, "Delivery", DeliveredAt="2026-11-23T14:00:00Z"))
    assert [event.kind for event in events(app)] == ["bounced_hard", "delivered"]
    assert only_person(app).suppressed_at == NOW


def test_a_complaint_ends_topics_too(app: Flask, key: str, send: Send) -> None:
    send("ses", ses(key, "Complaint"))
    assert only_registration(app).reminders_off_at == NOW


def test_without_a_key_our_message_id_will_do_and_an_address_will_not(
    app: Flask, tmp_path: Path, travel: Traveller, send: Send
) -> None:
    sign_up(app, given_cohort(app, tmp_path))
    post = Post()
    deliver(app, post)
    ours = str(read(post.tried[0]).message["Message-ID"])
    send("sendgrid", sendgrid("", **{"sg_event_id": "a"}))
    send("postmark", postmark(""))
    assert [event.delivery_id for event in events(app)] == [None, None]
    assert only_person(app).suppressed_at is None
    send("sendgrid", sendgrid("", **{"sg_event_id": "b", "smtp-id": ours}))
    assert only_person(app).suppressed_at == NOW


FORGED = [
    ("postmark", lambda key: postmark(key, secret="another")),
    ("postmark", lambda key: replace(postmark(key), headers={})),
    ("postmark", lambda key: replace(postmark(key), headers={"Authorization": "Basic %%%"})),
    ("postmark", lambda key: replace(postmark(key), headers={"X-Webinar-Hub-Token": "é"})),
    ("mailgun", lambda key: mailgun(key, signing_key="another")),
    ("mailgun", lambda key: Request(mailgun(key).body.replace(b'"signature": "', b'"signature": "0'), {})),
    ("sendgrid", lambda key: sendgrid(key, signing_key=ec.generate_private_key(ec.SECP256R1()))),
    ("sendgrid", lambda key: replace(sendgrid(key), body=sendgrid(key).body + b" ")),
    ("sendgrid", lambda key: replace(sendgrid(key), headers={})),
    ("ses", lambda key: sns({"Type": "Notification", "Message": "{}"}, rsa.generate_private_key(65537, 2048))),
    ("ses", lambda key: Request(ses(key).body.replace(b"5.1.1", b"5.1.2"), {})),
    ("ses", lambda key: ses(key, TopicArn=TOPIC.replace("webinar-hub", "somebody-elses"))),
    ("ses", lambda key: ses(key, SignatureVersion="9")),
]


def test_what_is_forged_changes_nothing(app: Flask, key: str, send: Send) -> None:
    before = contents(app)
    for number, (provider, forged) in enumerate(FORGED):
        assert (number, provider, send(provider, forged(key)).status_code) == (number, provider, 403)
    assert contents(app) == before


NOT_AMAZON = [
    "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem",
    "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-01d088a6f77103d0.pem",
    "https://evil.example/SimpleNotificationService-01d088a6f77103d0.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-01d088a6f77103d0.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-01d088a6f77103d0.pem",
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0.pem",
    "https://bucket.s3.eu-west-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0.pem",
    f"{HOST}/mine.pem",
    f"{HOST}/SimpleNotificationService-01d088a6f77103d0.pem?x=.amazonaws.com/",
    "https://127.0.0.1/SimpleNotificationService-01d088a6f77103d0.pem",
    "https://[",
    "",
]


def test_a_certificate_is_fetched_from_amazon_only(
    app: Flask, key: str, send: Send, amazon: responses.RequestsMock
) -> None:
    for url in NOT_AMAZON:
        assert (url, send("ses", ses(key, SigningCertURL=url)).status_code) == (url, 403)
    assert len(amazon.calls) == 0


def test_the_certificate_is_fetched_once_and_no_redirect_is_followed(
    app: Flask, key: str, send: Send, amazon: responses.RequestsMock
) -> None:
    amazon.replace("GET", CERTIFICATE_URL, status=302, headers={"Location": "http://169.254.169.254/"})
    assert send("ses", ses(key)).status_code == 503
    assert events(app) == []
    amazon.replace("GET", CERTIFICATE_URL, body=certificate())
    # The provider tries again after 503, so nothing is lost.
    assert send("ses", ses(key)).status_code == 204
    assert send("ses", ses(key, "Delivery")).status_code == 204
    assert len(amazon.calls) == 2
    assert {call.request.url for call in amazon.calls} == {CERTIFICATE_URL}


def test_to_begin_with_ses_is_a_task_for_the_operator(app: Flask, key: str, send: Send) -> None:
    page = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=23"
    for _ in range(2):
        assert send("ses", confirmation(page)).status_code == 204
    with app.app_context():
        (task,) = open_tasks()
    assert page in task.text
    assert send("ses", confirmation("https://evil.example/confirm")).status_code == 403


def test_a_token_of_mailgun_is_taken_once_whatever_it_is_put_on(app: Flask, key: str, send: Send) -> None:
    assert send("mailgun", mailgun(key, "delivered")).status_code == 204
    before = contents(app)
    assert send("mailgun", mailgun(key, "complained")).status_code == 406
    assert contents(app) == before


@pytest.mark.parametrize("away", [timedelta(hours=-13), timedelta(minutes=6)])
def test_an_old_signature_of_mailgun_is_worth_nothing(app: Flask, key: str, send: Send, away: timedelta) -> None:
    before = contents(app)
    assert send("mailgun", mailgun(key, signed_at=NOW + away)).status_code == 406
    assert contents(app) == before


HTML = b"<!doctype html><title>502 Bad Gateway</title>"
LOGIN = postmark("").headers
BROKEN: list[tuple[str, Request, int]] = [
    *(("postmark", Request(body, LOGIN), 400) for body in (b"", HTML, b"[]", b"{}", b"\xff\xfe", b"[" * 50_000)),
    *(("sendgrid", sendgrid_signed(body), 400) for body in (b"", HTML, b"{}", b"\xff\xfe", b"[" * 50_000)),
    *(("mailgun", Request(body, {}), 400) for body in (b"", HTML, b"\xff\xfe", b"[" * 50_000)),
    *(("mailgun", Request(body, {}), 403) for body in (b"[]", b"{}", b'{"signature": {"token": {}}}')),
    *(("ses", Request(body, {}), 400) for body in (b"", HTML, b"\xff\xfe", b"[" * 50_000)),
    *(("ses", Request(body, {}), 403) for body in (b"[]", b"{}")),
    ("ses", sns({"Type": "Notification", "Message": HTML.decode()}), 400),
    ("ses", sns({"Type": "UnsubscribeConfirmation", "Message": "x"}), 400),
    ("mailgun", mailgun("", id=""), 400),
]


def test_what_is_no_event_is_refused(app: Flask, key: str, send: Send) -> None:
    before = contents(app)
    for provider, request, status in BROKEN:
        found = send(provider, request).status_code
        assert (provider, request.body[:40], found) == (provider, request.body[:40], status)
    assert contents(app) == before


@pytest.mark.parametrize("provider", EVERY)
def test_what_is_huge_is_refused_before_it_is_read(app: Flask, key: str, send: Send, provider: str) -> None:
    before = contents(app)
    request = EVERY[provider](key)
    assert send(provider, replace(request, body=request.body + b" " * 1_600_000)).status_code == 413
    assert contents(app) == before


WEIRD = [{"timestamp": value} for value in ("soon", None, 1e300, -1, "0001-01-01T00:00:00+14:00", [], float("nan"))]
WEIRD += [{"delivery": value} for value in ("\ud800", "a\x00b", {}, None, "x" * 5000)]
WEIRD += [
    {"reason": "\ud800 \x00 " + "x" * 5000},
    {"status": {}},
    {"smtp-id": "<99999999999999999.1796482800000000@x>"},
]


def test_odd_values_in_a_signed_event_break_nothing(app: Flask, key: str, send: Send) -> None:
    for number, changes in enumerate(WEIRD):
        answer = send("sendgrid", sendgrid(key, **changes | {"sg_event_id": f"odd {number}"}))
        assert (changes, answer.status_code) == (changes, 204)
    assert len(events(app)) == len(WEIRD)


def test_one_unusable_event_does_not_stop_the_others(app: Flask, key: str, send: Send) -> None:
    body = b'[null, 7, {"event": []}, {"event": "bounce"}, ' + sendgrid(key).body[1:]
    assert send("sendgrid", sendgrid_signed(body)).status_code == 204
    assert len(events(app)) == 1


def test_no_secret_reaches_the_log(app: Flask, key: str, send: Send, capsys: pytest.CaptureFixture[str]) -> None:
    send("postmark", postmark(key))
    send("postmark", postmark(key, secret="a wrong secret"))
    send("mailgun", mailgun(key, signing_key="a wrong key"))
    logged = capsys.readouterr().err
    assert "webhook refused" in logged
    assert not [word for word in (POSTMARK, "a wrong secret", MAILGUN, "a wrong key", "Basic") if word in logged]


def test_who_is_not_set_does_not_exist(app: Flask, key: str, send: Send) -> None:
    app.extensions["webhooks"] = {}
    for provider, example in EVERY.items():
        assert send(provider, example(key)).status_code == 404
    assert send("nobody", postmark(key)).status_code == 404
    assert app.test_client().get("/webhooks/postmark").status_code == 405


@pytest.mark.parametrize("wrong", [{"webhook_sendgrid": "no key"}, {"webhook_ses_topic": "arn:aws:s3:::bucket"}])
def test_a_secret_that_is_none_is_said_at_the_start(tmp_path: Path, wrong: dict[str, str]) -> None:
    from webinar_hub.app import create_app

    with pytest.raises(ConfigError, match="WEBHOOK"):
        create_app(read_settings(data_folder=tmp_path, secret_key="x", **wrong))
