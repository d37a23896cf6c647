"""By which network somebody is counted for limits."""

import pytest

from webinar_hub.rules.devices import counted_as


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address: at all", "unknown"),
    ],
)
def test_one_household_is_one_network(address: str, counted: str) -> None:
    assert counted_as(address) == counted
