"""A library whose files lie in a folder or, for tests marked `EVERYWHERE`, in S3 as well."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.loopback_s3 import KEY, S3, SECRET, new_bucket, serving_s3
from tests.studio.materials.library import LIBRARY, LIMIT
from tests.web.visiting import token
from webinar_hub.core.config import Settings


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    with serving_s3() as address:
        yield address


@pytest.fixture
def s3(s3_server: str) -> Iterator[S3]:
    with new_bucket(s3_server) as bucket:
        yield bucket


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    """Where files lie; a test marked `EVERYWHERE` runs for both."""
    return getattr(request, "param", "local")


@pytest.fixture
def settings(settings: Settings, place: str, request: pytest.FixtureRequest) -> Settings:
    changes: dict[str, Any] = {"upload_limit": LIMIT}
    if place == "s3":
        bucket: S3 = request.getfixturevalue("s3")
        changes |= {"materials": bucket.setting, "s3_key": KEY, "s3_secret": SECRET}
    return settings.model_copy(update=changes)


@pytest.fixture
def kept(settings: Settings, request: pytest.FixtureRequest) -> Any:
    """The names of the files that lie in storage."""
    if settings.materials:
        return lambda: sorted(path.name for path in request.getfixturevalue("s3").paths())
    folder = settings.materials_folder
    return lambda: sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def csrf(owner: FlaskClient, cohort: str) -> str:
    return token(owner.get(LIBRARY))
