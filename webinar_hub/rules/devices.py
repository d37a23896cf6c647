"""Where somebody is signed in, in words she recognizes; what a browser says of itself is never trusted."""

import re
from ipaddress import IPv6Address, ip_address, ip_network

# The first that is found counts: most browsers name others as well.
_BROWSERS = (
    (re.compile(r"Edg(?:e|A|iOS)?/"), "Edge"),
    (re.compile(r"OPR/|Opera"), "Opera"),
    (re.compile(r"SamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"Chrome/|CriOS/"), "Chrome"),
    (re.compile(r"Safari/"), "Safari"),
)
_DEVICES = (
    (re.compile(r"iPhone"), "an iPhone"),
    (re.compile(r"iPad"), "an iPad"),
    (re.compile(r"Android.*Mobile"), "an Android phone"),
    (re.compile(r"Android"), "an Android tablet"),
    (re.compile(r"CrOS"), "a Chromebook"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"Macintosh|Mac OS X"), "a Mac"),
    (re.compile(r"Linux|X11"), "Linux"),
)


def device_in_words(user_agent: str) -> str:
    """Such as "Safari on an iPhone", or "a device we do not know"."""
    browser = next((name for pattern, name in _BROWSERS if pattern.search(user_agent)), "")
    device = next((name for pattern, name in _DEVICES if pattern.search(user_agent)), "")
    if browser and device:
        return f"{browser} on {device}"
    return browser or device or "a device we do not know"


def counted_as(address: str) -> str:
    """The network an IPv6 address is counted by: its /64, or the IPv4 address written inside it."""
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return "unknown"
    inner = parsed.ipv4_mapped
    return str(inner) if inner else str(ip_network(f"{parsed}/64", strict=False))


def network_in_words(address: str) -> str:
    """The network an address is in (IPv4 /24, IPv6 /48): enough to recognize home or work by."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    prefix = 48 if isinstance(parsed, IPv6Address) else 24
    return str(ip_network(f"{parsed}/{prefix}", strict=False))
