"""An S3 on loopback, and the storage in it; it believes every signature: those are compared with botocore's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer

from webinar_hub.adapters.storage.s3 import Bucket, S3Storage

KEY, SECRET, REGION = "AKIDEXAMPLE", "only/for+tests", "eu-central-1"
PREFIX = "hub/materials"


@dataclass(frozen=True)
class S3:
    """One bucket of a server."""

    endpoint: str
    bucket: str
    client: Any

    @property
    def setting(self) -> str:
        """What the setting says that leads here."""
        return f"s3://{self.bucket}/{PREFIX}?region={REGION}&endpoint={self.endpoint}"

    def storage(self, *, key: str = KEY) -> S3Storage:
        secret = SECRET if key else ""
        return S3Storage(Bucket(self.bucket, PREFIX, REGION, self.endpoint, key, secret), largest=2_000_000)

    def paths(self) -> list[Path]:
        """Everything that is kept."""
        found = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [Path(item["Key"]).relative_to(PREFIX) for item in found]


@contextmanager
def serving_s3() -> Iterator[str]:
    """A server; its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@contextmanager
def new_bucket(endpoint: str) -> Iterator[S3]:
    """A bucket of its own for a test."""
    client = boto3.client(
        "s3", region_name=REGION, endpoint_url=endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )
    bucket = f"hub-{uuid4().hex[:20]}"
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield S3(endpoint, bucket, client)
    client.close()
