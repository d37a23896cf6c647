"""Certificates for servers on loopback, for the tests of mail and of livestreams."""

import functools
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def certificate_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """Make a certificate for a name such as DNS:x.example that only its own file vouches for, and its key."""

    @functools.cache
    def make(name: str) -> tuple[Path, Path]:
        if not (openssl := shutil.which("openssl")):
            pytest.skip("openssl is not installed")
        folder = tmp_path_factory.mktemp("certificate")
        certificate, key = folder / "cert.pem", folder / "key.pem"
        words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
        files = ["-addext", f"subjectAltName={name}", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run([openssl, *words.split(), *files], check=True, capture_output=True)
        return certificate, key

    return make
