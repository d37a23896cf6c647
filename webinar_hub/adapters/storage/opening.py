"""Turns the setting that says where materials lie into a storage."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from webinar_hub.adapters.storage import Storage
from webinar_hub.adapters.storage.local import LocalStorage
from webinar_hub.adapters.storage.s3 import Bucket, S3Storage
from webinar_hub.core.config import ConfigError

EXAMPLE = "s3://bucket/prefix?region=eu-central-1 (with &endpoint=https://host for another service than Amazon's)"

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ORIGIN = re.compile(r"https?://[^/?#@\s]+")


def open_storage(setting: str, folder: Path, *, key: str, secret: str, largest: int) -> Storage:
    """The storage in S3 that `setting` names, or, without one, in `folder`. Raises ConfigError in plain words."""
    if not setting:
        return LocalStorage(folder, largest=largest)
    parts = urlsplit(setting)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    region, endpoint = options.pop("region", ""), options.pop("endpoint", "").rstrip("/")
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or options:
        raise ConfigError([f"WEBINAR_HUB_MATERIALS: write it like {EXAMPLE}."])
    if endpoint and not _ORIGIN.fullmatch(endpoint):
        raise ConfigError(["WEBINAR_HUB_MATERIALS: endpoint is an origin like https://host, without a path."])
    if not (region or endpoint):
        raise ConfigError(["WEBINAR_HUB_MATERIALS: say the bucket's region, as in ?region=eu-central-1."])
    if bool(key) != bool(secret):
        raise ConfigError(["WEBINAR_HUB_S3_KEY and WEBINAR_HUB_S3_SECRET belong together: set both or neither."])
    prefix = unquote(parts.path).strip("/")
    return S3Storage(Bucket(parts.netloc, prefix, region or "us-east-1", endpoint, key, secret), largest=largest)
