"""Each mail has a return address of its own that nobody else can make up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.core.config import ConfigError, read_settings
from webinar_hub.core.return_address import LONGEST_LOCAL_PART, ReturnAddress
from webinar_hub.core.tokens import Tokens

RETURNS = ReturnAddress("returns@example.org", Tokens(["a key"]), is_read=True)
ids = st.integers(min_value=1, max_value=2**63 - 1)


@given(ids)
def test_it_names_its_delivery_in_any_case_and_any_surroundings(delivery: int) -> None:
    address = RETURNS.for_bounces(delivery)
    local, _, domain = address.partition("@")
    assert domain == "example.org"
    assert len(local.removeprefix("returns+")) <= 40
    for written in (address, address.upper(), f"Return-Path: <{address}>\r\n", f"rfc822; {address}"):
        assert RETURNS.bounced_delivery(written) == delivery


@given(ids, st.data())
def test_one_altered_character_makes_it_nobodys(delivery: int, data: st.DataObject) -> None:
    token = RETURNS.for_bounces(delivery).partition("+")[2].partition("@")[0]
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("0123456789abcdefghijklmnopqrstuvwxyz-").filter(lambda c: c != token[place]))
    altered = token[:place] + other + token[place + 1 :]
    assert RETURNS.bounced_delivery(f"returns+{altered}@example.org") is None


def test_each_purpose_and_each_key_has_signatures_of_its_own() -> None:
    address = RETURNS.for_unsubscribing(7)
    assert RETURNS.unsubscribed_delivery(address) == 7
    assert RETURNS.bounced_delivery(address) is None
    assert ReturnAddress("returns@example.org", Tokens(["another key"])).unsubscribed_delivery(address) is None
    # After a change of keys the mails of yesterday still bounce.
    assert ReturnAddress("returns@example.org", Tokens(["a key", "new"])).unsubscribed_delivery(address) == 7


def test_unsubscribing_by_mail_is_offered_only_where_mails_are_read() -> None:
    assert ReturnAddress("returns@example.org", Tokens(["a key"])).for_unsubscribing(7) == ""


@pytest.mark.parametrize(
    "text", ["", "returns@example.org", "returns+1-@example.org", "returns+" + "a" * 37, "\ud800"]
)
def test_what_holds_no_signature_names_nothing(text: str) -> None:
    assert RETURNS.bounced_delivery(text) is None


def test_a_rightly_signed_address_is_found_behind_a_forged_one() -> None:
    forged = "returns+1-aaaaaaaaaaaaaaaaaaaa@example.org"
    assert RETURNS.bounced_delivery(f"{forged} {RETURNS.for_bounces(1)}") == 1


@pytest.mark.parametrize(
    "setting",
    ["returns", "Returns <returns@x.org>", "a+b@x.org", "é@x.org", f"{'a' * (LONGEST_LOCAL_PART + 1)}@x.org"],
)
def test_an_address_without_room_for_the_signature_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError, match="RETURN_ADDRESS"):
        read_settings(return_address=setting)
