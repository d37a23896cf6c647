"""Keeps requests to addresses that strangers chose away from our own network; reachability.py is who asks."""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotPublic(Exception):
    """The host, or one of its addresses, is not on the public internet."""


def checked_addresses(parts: SplitResult, *, allow_private: bool) -> Sequence[str]:
    """Look a host up and return its addresses; NotPublic unless every one is public and the port is 80 or 443.

    `allow_private` takes any address and port. Raises socket.gaierror or UnicodeError for an unknown host.
    """
    port = parts.port or _PORTS[parts.scheme]
    if not allow_private and port not in _PORTS.values():
        raise NotPublic(f"port {port}")
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(is_public(address) for address in addresses):
        raise NotPublic(parts.hostname)
    return addresses


def is_public(address: str) -> bool:
    """Say whether an address is on the public internet, also inside the IPv6 forms that carry an IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in (ip, *_carried(ip)))


def _carried(ip: Address) -> Sequence[Address]:
    if isinstance(ip, ipaddress.IPv4Address):
        return ()
    if ip in _NAT64:
        return (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF),)
    return tuple(each for each in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if each)


class PinnedAdapter(HTTPAdapter):
    """Connects to one address that was checked, whatever the DNS says a moment later (DNS rebinding)."""

    def __init__(self, address: str) -> None:
        super().__init__(max_retries=0)
        self._address = address

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        cert: str | tuple[str, str] | None = None,
    ) -> Any:
        """Put the address in the host's place; TLS still asks for and checks the name."""
        parts, pool = super().build_connection_pool_key_attributes(request, verify or True, cert)
        tls_name = {"server_hostname": parts["host"], "assert_hostname": parts["host"]}
        return {**parts, "host": self._address}, {**pool, **(tls_name if parts["scheme"] == "https" else {})}


def pinned_session(address: str) -> requests.Session:
    """Make a session that only ever connects to this address and reads no proxy or password of the environment."""
    session = requests.Session()
    session.trust_env = False
    for scheme in _PORTS:
        session.mount(f"{scheme}://", PinnedAdapter(address))
    return session


def host_header(url: str) -> str:
    """The Host header that a pinned request has to carry, without a default port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host.encode("idna").decode()
    return name if parts.port in (None, _PORTS[parts.scheme]) else f"{name}:{parts.port}"
