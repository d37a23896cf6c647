"""Signs a request to Amazon Web Services with Signature Version 4, as far as a request without a query needs it."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

from webinar_hub.adapters.mail.providers import Request


@dataclass(frozen=True, slots=True)
class AwsKey:
    """An access key, and the region and service it is used for."""

    key_id: str
    secret: str = field(repr=False)
    region: str
    service: str


def signed(request: Request, key: AwsKey, now: datetime) -> Request:
    """The request with its Authorization header; `now` is real, aware, in UTC: AWS allows 5 minutes of error."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{key.region}/{key.service}/aws4_request"
    digest = hashlib.sha256(request.body).hexdigest()
    headers = {**request.headers, "X-Amz-Date": stamp, "X-Amz-Content-Sha256": digest}
    names, canonical = _canonical(request, headers, digest)
    to_sign = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(_signing_key(key, stamp[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return Request(request.method, request.url, headers, request.body)


def _canonical(request: Request, headers: dict[str, str], digest: str) -> tuple[str, str]:
    """The names of the headers that are signed, and the request written down the one way both sides write it."""
    parts = urlsplit(request.url)
    lines = {name.lower(): " ".join(value.split()) for name, value in headers.items()} | {"host": parts.netloc}
    names = ";".join(sorted(lines))
    written = "".join(f"{name}:{lines[name]}\n" for name in sorted(lines))
    return names, "\n".join((request.method, quote(parts.path or "/", safe="/~"), "", written, names, digest))


def _signing_key(key: AwsKey, date: str) -> bytes:
    result = f"AWS4{key.secret}".encode()
    for part in (date, key.region, key.service, "aws4_request"):
        result = hmac.new(result, part.encode(), hashlib.sha256).digest()
    return result
