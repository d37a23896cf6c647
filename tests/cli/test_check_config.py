"""`webinar-hub check-config`: what is wrong with the settings, in plain words."""

import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cli.conftest import Run
from webinar_hub.core.signing_key import public_record


def test_right_settings_are_said_to_be_right_and_wrong_ones_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBINAR_HUB_MAIL", "smtp://mara:hidden@mail.example:587")
    right = run("check-config")
    assert right.exit_code == 0, right.output
    assert "hidden" not in right.output
    monkeypatch.setenv("WEBINAR_HUB_MAIL", "pigeon://loft")
    wrong = run("check-config")
    assert (wrong.exit_code, "WEBINAR_HUB_MAIL" in wrong.output) == (1, True)


@pytest.fixture
def signing_key(monkeypatch: pytest.MonkeyPatch) -> rsa.RSAPrivateKey:
    """Settings that sign for example.org, with this key."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for name, value in {"KEY": pem, "SELECTOR": "hub", "DOMAIN": "example.org"}.items():
        monkeypatch.setenv(f"WEBINAR_HUB_DKIM_{name}", value)
    return key


def test_a_signing_key_comes_with_the_record_to_publish(
    run: Run, signing_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBINAR_HUB_MAIL", "smtp://mail.example")
    monkeypatch.setenv("WEBINAR_HUB_MAIL_SENDER", "hello@news.example.org")
    answer = run("check-config")
    assert answer.exit_code == 0, answer.output
    (line,) = [line for line in answer.output.splitlines() if line.startswith("dns: ")]
    name, kind, *pieces = line.removeprefix("dns: ").split(" ", 2)
    assert (name, kind) == ("hub._domainkey.example.org.", "TXT")
    texts = re.findall('"([^"]*)"', pieces[0])
    assert all(len(text) <= 255 for text in texts)
    assert "".join(texts) == public_record(signing_key)
    assert "DMARC" not in answer.output
    assert "PRIVATE" not in answer.output


def test_signatures_that_would_not_count_are_pointed_out(
    run: Run, signing_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBINAR_HUB_MAIL", "postmark://hidden@")
    monkeypatch.setenv("WEBINAR_HUB_MAIL_SENDER", "hello@badexample.org")
    answer = run("check-config")
    assert answer.exit_code == 0, answer.output
    assert "do not count for DMARC" in answer.output
    assert "the provider in WEBINAR_HUB_MAIL signs by itself" in answer.output
    assert "hidden" not in answer.output


def test_online_the_way_out_for_mail_is_tried_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINAR_HUB_MAIL", "postmark://hidden@?endpoint=http://127.0.0.1:9")
    assert run("check-config").exit_code == 0
    answer = run("check-config", "--online")
    assert answer.exit_code == 1
    assert "wrong: WEBINAR_HUB_MAIL: 127.0.0.1:9 refuses connections" in answer.output
    assert "hidden" not in answer.output


def test_a_database_that_does_not_answer_is_said_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", "postgresql://me:hidden@127.0.0.1:9/none")
    answer = run("check-config")
    assert answer.exit_code == 1
    assert "does not answer" in answer.output
    assert "hidden" not in answer.output


def test_a_redis_that_does_not_answer_is_said_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINAR_HUB_REDIS_URL", "redis://:hidden@127.0.0.1:9/0")
    answer = run("check-config")
    assert (answer.exit_code, "WEBINAR_HUB_REDIS_URL: Redis does not answer" in answer.output) == (1, True)
    assert "hidden" not in answer.output


def test_a_bucket_that_does_not_answer_is_said_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "webinar_hub.adapters.storage.s3.RETRIES", {"max_retries": 0, "retry_timeout": timedelta(1)}
    )
    monkeypatch.setenv("WEBINAR_HUB_MATERIALS", "s3://a-bucket?endpoint=http://127.0.0.1:9")
    monkeypatch.setenv("WEBINAR_HUB_S3_KEY", "key")
    monkeypatch.setenv("WEBINAR_HUB_S3_SECRET", "hidden")
    answer = run("check-config")
    assert (answer.exit_code, "WEBINAR_HUB_MATERIALS: The bucket a-bucket" in answer.output) == (1, True)
    assert "hidden" not in answer.output
