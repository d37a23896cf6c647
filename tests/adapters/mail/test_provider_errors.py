"""What each provider says in its own words becomes the right outcome: its error codes, kinds and messages."""

from datetime import UTC, datetime

import pytest
from provider_conducts import SesConduct
from provider_server import Reply

from webinar_hub.adapters.mail import Accepted, Deferred, Outcome, Refused, Unreachable
from webinar_hub.adapters.mail.providers.mailgun import Mailgun
from webinar_hub.adapters.mail.providers.postmark import Postmark
from webinar_hub.adapters.mail.providers.ses import Ses
from webinar_hub.adapters.mail.providers.sigv4 import AwsKey
from webinar_hub.adapters.mail.providers.transport import ProviderTransport

PATIENT = 20.0
"""Seconds for one message."""


def words(outcome: Outcome) -> str:
    return outcome.reason if isinstance(outcome, Unreachable) else outcome.reply


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (422, 300, Refused),
        (422, 406, Refused),
        (422, 411, Refused),
        (422, 400, Deferred),
        (422, 401, Deferred),
        (422, 405, Unreachable),
        (422, 412, Unreachable),
        (422, 413, Unreachable),
        (401, 10, Unreachable),
        (429, 429, Deferred),
        (503, 100, Deferred),
    ],
)
def test_postmark_error_codes(start_provider, envelope, status: int, code: int, kind: type) -> None:
    _, server = start_provider("postmark")
    server.script.append(Reply(status, {"ErrorCode": code, "Message": "Because."}))
    outcome = ProviderTransport(Postmark("t0ken", server.url), longest_send=PATIENT).send(envelope())
    assert type(outcome) is kind
    assert f"Because. (code {code})" in words(outcome)


def test_postmark_took_it_over_and_will_be_late(start_provider, envelope) -> None:
    _, server = start_provider("postmark")
    late = {
        "To": "ann@example.org",
        "MessageID": "b7bc",
        "Message": "Message accepted, but delivery may be delayed.",
    }
    server.script.append(Reply(200, late))
    outcome = ProviderTransport(Postmark("t0ken", server.url), longest_send=PATIENT).send(envelope())
    assert isinstance(outcome, Accepted)


def test_postmark_says_200_and_means_no(start_provider, envelope) -> None:
    _, server = start_provider("postmark")
    server.script.append(Reply(200, {"ErrorCode": 406, "Message": "Inactive", "MessageID": "b7bc"}))
    outcome = ProviderTransport(Postmark("t0ken", server.url), longest_send=PATIENT).send(envelope())
    assert isinstance(outcome, Deferred)


@pytest.mark.parametrize(
    ("status", "error", "text", "kind"),
    [
        (400, "MessageRejected", "Email address is not verified. The following identities failed", Deferred),
        (400, "MessageRejected", "Email contains a virus", Refused),
        (400, "BadRequestException", "Local address contains control or whitespace", Refused),
        (400, "MailFromDomainNotVerifiedException", "no MX record", Deferred),
        (400, "SendingPausedException", "paused", Unreachable),
        (400, "AccountSuspendedException", "suspended", Unreachable),
        (400, "LimitExceededException", "Daily message quota exceeded", Unreachable),
        (404, "NotFoundException", "Configuration set <hub> does not exist.", Unreachable),
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", Deferred),
        (403, "UnrecognizedClientException", "The security token is invalid.", Unreachable),
    ],
)
def test_ses_errors(start_provider, envelope, status: int, error: str, text: str, kind: type) -> None:
    conduct, server = start_provider("ses")
    in_header = Reply(status, {"message": text}, {"x-amzn-ErrorType": f"{error}:http://internal.amazon.com/"})
    in_body = Reply(status, {"__type": f"com.amazonaws.ses#{error}", "Message": text})
    transport = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT)
    for reply in (in_header, in_body):
        server.script.append(reply)
        outcome = transport.send(envelope())
        assert type(outcome) is kind
        assert f"{text} ({error})" in words(outcome)
    transport.close()


def test_ses_looks_at_the_time_of_a_signature(envelope, start_provider) -> None:
    _, server = start_provider("ses")
    key = AwsKey(SesConduct.key_id, SesConduct.key, SesConduct.region, "ses")
    late = Ses(key, server.url, now=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    outcome = ProviderTransport(late, longest_send=PATIENT).send(envelope())
    assert isinstance(outcome, Unreachable)
    assert "Signature expired" in words(outcome)


def test_a_domain_that_may_not_send_stops_all_messages(start_provider, envelope) -> None:
    _, server = start_provider("mailgun")
    server.script.append(Reply(400, {"message": "Domain mg.example.org is not allowed to send: disabled"}))
    outcome = ProviderTransport(Mailgun("k", "mg.example.org", server.url), longest_send=PATIENT).send(envelope())
    assert isinstance(outcome, Unreachable)


def test_an_address_sendgrid_does_not_know_stops_one_organizer_only(start_provider, envelope) -> None:
    conduct, server = start_provider("sendgrid")
    said = "The from address does not match a verified Sender Identity."
    server.script.append(Reply(403, {"errors": [{"message": said, "field": "from"}]}))
    transport = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT)
    outcome = transport.send(envelope())
    transport.close()
    assert isinstance(outcome, Deferred)
    assert said in words(outcome)
