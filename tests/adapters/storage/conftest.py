"""S3 beside the local folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.loopback_s3 import KEY, S3, SECRET, new_bucket, serving_s3
from webinar_hub.adapters.storage.s3 import S3Storage


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    with serving_s3() as address:
        yield address


@pytest.fixture
def s3(s3_server: str) -> Iterator[S3]:
    with new_bucket(s3_server) as bucket:
        yield bucket


@pytest.fixture
def s3_by_role(s3: S3, monkeypatch: pytest.MonkeyPatch) -> S3Storage:
    """The bucket as a machine sees it that has a right to it, and no key in its settings."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return s3.storage(key="")


@pytest.fixture
def s3_paths(s3: S3) -> Callable[[], list[Path]]:
    return s3.paths
