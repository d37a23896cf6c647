"""TXT records asked of a real DNS server, one that is well and four that are not."""

import pytest

from tests.dns_server import Mood, dns_server
from webinar_hub.adapters.dns import Dns, DnsTrouble


def test_records_are_joined_from_their_pieces() -> None:
    long = "v=DKIM1; p=" + "A" * 600
    with dns_server({"x.example": ["v=spf1 -all", long], "empty.example": []}) as server:
        dns = Dns(server)
        assert sorted(dns.texts("x.example")) == sorted(["v=spf1 -all", long])
        assert dns.texts("nowhere.example") == []
        assert dns.texts("empty.example") == []


@pytest.mark.parametrize("mood", ["fails", "refuses", "is silent", "talks nonsense"])
def test_a_server_that_is_not_well_is_trouble_in_words(mood: Mood) -> None:
    with dns_server({"x.example": ["v=spf1 -all"]}, mood) as server, pytest.raises(DnsTrouble, match=r"x\.example"):
        Dns(server, lifetime=1.5).texts("x.example")


@pytest.mark.parametrize("name", ["a..example", "x" * 70 + ".example", ".".join(["x" * 60] * 6)])
def test_a_name_that_cannot_be_asked_for(name: str) -> None:
    with dns_server({}) as server, pytest.raises(DnsTrouble):
        Dns(server, lifetime=1.5).texts(name)


def test_nobody_there() -> None:
    with pytest.raises(DnsTrouble):
        Dns(("127.0.0.1", 9), lifetime=1.5).texts("x.example")
    with pytest.raises(DnsTrouble, match="no resolver"):
        Dns(("not an address", 53))
