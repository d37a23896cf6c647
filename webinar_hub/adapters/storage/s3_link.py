"""Signs the link to a file in S3 that is good for a minute (AWS Signature Version 4, in the query).

obstore signs links too, but leaves no room for the name and type a file is to be saved with. The steps are those of
"Authenticating Requests: Using Query Parameters" in the S3 API reference.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import quote, urlsplit

SERVICE = "s3"
ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """What a link is signed with; `endpoint` is the origin of the service, as in https://s3.eu-west-1.amazonaws.com."""

    endpoint: str
    region: str
    key: str
    secret: str = field(repr=False)

    def link(self, bucket: str, path: str, *, answer: dict[str, str], life: timedelta, now: datetime) -> str:
        """A link to GET `path` with, from an aware `now` on, for `life`.

        `answer` is what S3 shall say of the file, such as response-content-type.
        """
        scope = f"{now:%Y%m%d}/{self.region}/{SERVICE}/aws4_request"
        address = f"/{quote(bucket)}/{quote(path)}"
        query = _query(
            answer
            | {
                "X-Amz-Algorithm": ALGORITHM,
                "X-Amz-Credential": f"{self.key}/{scope}",
                "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
                "X-Amz-Expires": str(int(life.total_seconds())),
                "X-Amz-SignedHeaders": "host",
            }
        )
        host = urlsplit(self.endpoint).netloc
        request = "\n".join(["GET", address, query, f"host:{host}\n", "host", "UNSIGNED-PAYLOAD"])
        wanted = "\n".join([ALGORITHM, f"{now:%Y%m%dT%H%M%SZ}", scope, sha256(request.encode()).hexdigest()])
        signature = hmac.new(self._signing_key(f"{now:%Y%m%d}"), wanted.encode(), sha256).hexdigest()
        return f"{self.endpoint}{address}?{query}&X-Amz-Signature={signature}"

    def _signing_key(self, day: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for part in (day, self.region, SERVICE, "aws4_request"):
            key = hmac.new(key, part.encode(), sha256).digest()
        return key


def _query(values: dict[str, str]) -> str:
    """Sorted, and with everything but unreserved characters escaped, as the signature wants it."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(values.items()))
