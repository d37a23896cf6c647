"""S3: the link that leads to a file for a minute, and what is said when S3 is away or the setting is wrong."""

import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import flask
import pytest
import requests
import time_machine
from botocore.config import Config

from tests.loopback_s3 import KEY, PREFIX, REGION, S3, SECRET
from webinar_hub.adapters.storage import StorageAway, StoredFile
from webinar_hub.adapters.storage.local import LocalStorage
from webinar_hub.adapters.storage.opening import open_storage
from webinar_hub.adapters.storage.s3 import Bucket, S3Storage
from webinar_hub.adapters.storage.s3_link import Signer
from webinar_hub.core.config import ConfigError

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 40
NAME = 'Übung – Woche 1 ("100 %").pdf'


def put(storage: S3Storage) -> StoredFile:
    return storage.put(io.BytesIO(CONTENT), filename="handout.pdf")


def ask(storage: S3Storage, file: StoredFile, method: str = "GET") -> flask.Response:
    with flask.Flask("files").test_request_context("/file", method=method):
        return storage.response(file, download_name=NAME)


def test_a_download_is_led_to_s3_for_a_minute_with_its_name_and_type(s3: S3) -> None:
    storage = s3.storage()
    answer = ask(storage, put(storage))
    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    link = answer.headers["Location"]
    assert link.startswith(f"{storage.leads_to}/{s3.bucket}/{PREFIX}/")
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["60"]
    assert SECRET not in link
    got = requests.get(link, timeout=10)
    assert (got.status_code, got.content) == (200, CONTENT)
    assert got.headers["Content-Type"] == "application/pdf"
    assert got.headers["Content-Disposition"].startswith('attachment; filename="Ubung')
    part = requests.get(link, timeout=10, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, CONTENT[5:10])


def test_head_is_answered_here_and_leads_nowhere(s3: S3) -> None:
    storage = s3.storage()
    answer = ask(storage, put(storage), method="HEAD")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(len(CONTENT)))
    answer.close()


def test_a_missing_file_is_said_to_be_missing_before_anybody_is_led_there(s3: S3) -> None:
    storage = s3.storage()
    file = put(storage)
    storage.delete(file.name)
    with pytest.raises(FileNotFoundError):
        ask(storage, file)


def test_an_object_is_harmless_whoever_links_to_it(s3: S3) -> None:
    file = put(s3.storage())
    kept = s3.client.get_object(Bucket=s3.bucket, Key=f"{PREFIX}/{file.name[:2]}/{file.name}")
    assert (kept["ContentType"], kept["ContentDisposition"]) == ("application/pdf", "attachment")
    kept["Body"].close()


@pytest.mark.parametrize("endpoint", ["https://s3.eu-central-1.amazonaws.com", "http://127.0.0.1:9000"])
def test_the_signature_is_the_one_of_amazons_own_library(endpoint: str) -> None:
    now = datetime(2026, 12, 8, 19, 0, 0, tzinfo=UTC)
    answer = {"response-content-type": "application/pdf", "response-content-disposition": f"attachment; {NAME}"}
    ours = Signer(endpoint, REGION, KEY, SECRET).link(
        "a-bucket", "some/where/ab+c é.pdf", answer=answer, life=timedelta(minutes=1), now=now
    )
    with time_machine.travel(now, tick=False):
        client = boto3.client(
            "s3", region_name=REGION, endpoint_url=endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )  # fmt: skip
        theirs = client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": "a-bucket",
                "Key": "some/where/ab+c é.pdf",
                "ResponseContentType": answer["response-content-type"],
                "ResponseContentDisposition": answer["response-content-disposition"],
            },
            ExpiresIn=60,
        )
        client.close()
    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


def test_s3_that_does_not_answer_is_said_to_be_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "webinar_hub.adapters.storage.s3.RETRIES", {"max_retries": 0, "retry_timeout": timedelta(1)}
    )
    storage = S3Storage(Bucket("a-bucket", "", REGION, "http://127.0.0.1:9", KEY, SECRET))
    with pytest.raises(StorageAway, match="a-bucket does not answer"):
        storage.open("0" * 32)
    with pytest.raises(StorageAway):
        put(storage)
    assert "a-bucket does not answer" in storage.problem()


def test_a_bucket_that_is_there_has_no_problem_and_one_that_is_not_has(s3: S3) -> None:
    assert s3.storage().problem() == ""
    assert S3Storage(Bucket("no-such-bucket", "", REGION, s3.endpoint, KEY, SECRET)).problem() != ""


def opened(setting: str, *, key: str = KEY, secret: str = SECRET):
    return open_storage(setting, Path("materials"), key=key, secret=secret, largest=1)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("/var/files", "write it like s3://"),
        ("s3://", "write it like s3://"),
        ("s3://Bucket/x?region=eu", "write it like s3://"),
        ("s3://bucket?regoin=eu-central-1", "write it like s3://"),
        ("s3://bucket/x", "say the bucket's region"),
        ("s3://bucket?endpoint=host:9000", "origin like https://host"),
    ],
)
def test_a_wrong_setting_is_said_in_words(setting: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        opened(setting)


def test_a_key_without_its_secret_is_refused() -> None:
    with pytest.raises(ConfigError, match="belong together"):
        opened("s3://bucket?region=eu-central-1", secret="")


def test_the_secret_is_not_written_where_the_bucket_is() -> None:
    bucket = Bucket("a-bucket", "", REGION, "", KEY, SECRET)
    assert SECRET not in f"{bucket!r} {Signer(bucket.origin, REGION, KEY, SECRET)!r}"


def test_the_setting_says_where() -> None:
    assert isinstance(opened(""), LocalStorage)
    assert opened("s3://bucket/a/b/?region=eu-central-1").leads_to == "https://s3.eu-central-1.amazonaws.com"
    assert opened("s3://bucket?endpoint=https://minio.example/").leads_to == "https://minio.example"
    assert opened("s3://bucket?region=eu-central-1", key="", secret="").leads_to == ""


def test_a_machine_without_obstore_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(ConfigError, match=r"pip install 'webinar-hub\[s3\]'"):
        opened("s3://bucket?region=eu-central-1")
