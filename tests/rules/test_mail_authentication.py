"""SPF, DKIM and DMARC records as they are found in the world, and what they mean."""

import base64
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from webinar_hub.rules.mail_authentication import Texts, dkim, dmarc, spf

DOMAIN = "littlehands.example"
NAME = f"s1._domainkey.{DOMAIN}"


def zone(**records: Sequence[str]) -> Texts:
    """A DNS that knows these names; "_" stands for a dot."""
    return lambda name: records.get(name.replace(".", "_"), ())


def spf_of(*records: str) -> tuple[str, str]:
    includes = {
        "_spf_google_com": ["v=spf1 include:_netblocks.google.com include:_netblocks2.google.com ~all"],
        "_netblocks_google_com": ["v=spf1 ip4:35.190.247.0/24 ip4:64.233.160.0/19 ~all"],
        "_netblocks2_google_com": ["v=spf1 ip6:2001:4860:4000::/36 ~all"],
        "loop_example": ["v=spf1 include:loop.example ~all"],
        "many_example": ["v=spf1 " + " ".join(f"a:{n}.many.example" for n in range(9)) + " ~all"],
    }
    found = spf(DOMAIN, zone(littlehands_example=records, **includes))
    return found.verdict, found.words


@pytest.mark.parametrize(
    ("record", "verdict", "words"),
    [
        ("v=spf1 include:_spf.google.com ~all", "ok", "all others are suspect"),
        ("v=spf1 include:spf.mtasv.net -all", "ok", "all others are forgeries"),
        ("v=spf1 a mx ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", "ok", "says which servers"),
        ("v=spf1 a:mail.x.example/24 mx/24//64 exists:%{i}._spf.x.example ~all", "ok", "says which"),
        ("V=SPF1 INCLUDE:amazonses.com ~ALL", "ok", "says which"),
        ("v=spf1 redirect=_spf.mail.yahoo.com", "ok", "another domain says who"),
        ("v=spf1 +all", "broken", "every server of the world"),
        ("v=spf1 a all", "broken", "every server of the world"),
        ("v=spf1 include:sendgrid.net ?all", "look", "nothing of servers it does not name"),
        ("v=spf1 include:sendgrid.net", "look", "nothing of servers it does not name"),
        ("v=spf1", "look", "nothing of servers"),
        ("v=spf1 ptr ~all", "look", "ptr"),
        ("v=spf1 include: ~all", "broken", "mistake at 'include:'"),
        ("v=spf1 ipv4:192.0.2.1 ~all", "broken", "mistake at 'ipv4:192.0.2.1'"),
        ("v=spf1 include:loop.example ~all", "ok", "says which"),
        ("v=spf1 include:many.example ~all", "ok", "says which"),
        ("v=spf1 include:many.example mx ~all", "broken", "11 look-ups"),
    ],
)
def test_spf(record: str, verdict: str, words: str) -> None:
    found = spf_of(record)
    assert found[0] == verdict, found
    assert words in found[1]


def test_spf_is_one_record_among_other_texts() -> None:
    proof = "google-site-verification=abc"
    assert spf_of(proof, "v=spf1 -all")[0] == "ok"
    assert spf_of(proof) == ("broken", f"{DOMAIN} has no SPF record: receivers cannot tell who may send for it.")
    assert spf_of("v=spf10 -all", "spf2.0/pra -all")[0] == "broken"
    assert spf_of("v=spf1 -all", "v=spf1 ~all")[1].endswith("so none counts.")


def test_an_included_domain_that_does_not_answer_is_no_fault_of_the_record() -> None:
    def texts(name: str) -> Sequence[str]:
        if name != DOMAIN:
            raise TimeoutError
        return ["v=spf1 include:slow.example ~all"]

    assert spf(DOMAIN, texts).verdict == "ok"


def test_a_domain_built_to_be_endless_comes_to_an_end() -> None:
    def texts(name: str) -> Sequence[str]:
        return [f"v=spf1 include:{name}a include:{name}b include:{name}c -all"]

    assert "look-ups or more" in spf(DOMAIN, texts).words


def public_key(bits: int) -> str:
    key = generate_private_key(65537, bits).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


GOOD, SHORT = public_key(2048), public_key(1024)
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8463 appendix A.2


@pytest.mark.parametrize(
    ("record", "verdict", "words"),
    [
        (f"v=DKIM1; k=rsa; p={GOOD}", "ok", "can be checked"),
        (f"k=rsa; p={GOOD}", "ok", "can be checked"),
        (f"p={GOOD[:100]} {GOOD[100:]};", "ok", "can be checked"),
        (f"v=DKIM1; k=ed25519; p={ED25519}", "ok", "can be checked"),
        (f"v=DKIM1; k=rsa; p={SHORT}", "look", "1024 bits"),
        (f"v=DKIM1; k=rsa; t=s:y; p={GOOD}", "look", "marked as a test"),
        (f"v=DKIM1; t=s; p={GOOD}", "ok", "can be checked"),
        ("v=DKIM1; k=rsa; p=", "broken", "revoked"),
        (f"v=DKIM1; p={GOOD[:200]}", "broken", "cannot be read"),
        ("v=DKIM1; p=not base64!", "broken", "cannot be read"),
        (f"v=DKIM1; k=ed25519; p={GOOD}", "broken", "cannot be read"),
        (f"v=DKIM1; k=rsa; p={ED25519}", "broken", "cannot be read"),
        ("v=spf1 -all", "broken", "no key"),
    ],
)
def test_dkim(record: str, verdict: str, words: str) -> None:
    found = dkim(DOMAIN, "s1", zone(**{NAME.replace(".", "_"): [record]}))
    assert (found.verdict, words in found.words) == (verdict, True), found


def test_dkim_needs_a_selector_and_one_key() -> None:
    assert dkim(DOMAIN, "", zone()).verdict == "look"
    assert dkim(DOMAIN, "s2", zone()).words == f"There is no key at s2._domainkey.{DOMAIN}."
    two = [f"p={GOOD}", f"p={SHORT}"]
    assert "several keys" in dkim(DOMAIN, "s1", zone(**{NAME.replace(".", "_"): two})).words


@pytest.mark.parametrize(
    ("record", "verdict", "words"),
    [
        ("v=DMARC1; p=reject; rua=mailto:d@littlehands.example", "ok", "refuse forged mails"),
        ("v=DMARC1;p=quarantine;pct=100", "ok", "junk"),
        ("v = DMARC1 ; p = Reject", "ok", "refuse"),
        ("v=DMARC1; p=none; rua=mailto:dmarc@rua.example", "look", "p=none"),
        ("v=DMARC1; p=quarantine; pct=20", "look", "20 %"),
        ("v=DMARC1", "broken", "no policy"),
        ("v=DMARC1; p=strict", "broken", "no policy"),
        ("p=reject; v=DMARC1", "broken", "no DMARC record"),
        ("v=DMARC10; p=reject", "broken", "no DMARC record"),
    ],
)
def test_dmarc(record: str, verdict: str, words: str) -> None:
    found = dmarc(DOMAIN, zone(_dmarc_littlehands_example=[record]))
    assert (found.verdict, words in found.words) == (verdict, True), found


def test_a_parent_domain_speaks_for_those_below() -> None:
    parent = zone(_dmarc_littlehands_example=["v=DMARC1; p=reject; sp=none"])
    assert dmarc(DOMAIN, parent).verdict == "ok"
    assert "p=none" in dmarc(f"mail.{DOMAIN}", parent).words
    assert dmarc(f"a.b.c.{DOMAIN}", parent).verdict == "look"
    assert dmarc(DOMAIN, zone()).verdict == "broken"
    several = zone(_dmarc_littlehands_example=["v=DMARC1; p=none", "v=DMARC1; p=reject"])
    assert "none counts" in dmarc(DOMAIN, several).words
