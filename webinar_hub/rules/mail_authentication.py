"""What a domain's SPF, DKIM and DMARC records mean for mails from it, in plain words: texts in, findings out.

Gmail and Yahoo ask whoever sends many mails for all three, and for a From that is in line with SPF or DKIM.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from webinar_hub.rules.checkup import Finding, Verdict

Texts = Callable[[str], Sequence[str]]
"""The TXT records of a name."""

MOST_LOOKUPS = 10
"""RFC 7208 4.6.4: a receiver that needs more gives up, and the record counts as broken."""
SHORTEST_KEY, GOOD_KEY = 1024, 2048
"""Bits of an RSA key (RFC 8301 3.2)."""

_TERM = re.compile(
    r"[+\-~?]?(all|include:\S+|a([:/]\S+)?|mx([:/]\S+)?|ptr(:\S+)?|ip4:[\d./]+|ip6:[0-9a-f:./]+|exists:\S+)"
    r"|[a-z][a-z0-9._-]*=\S*",
    re.IGNORECASE,
)
_POLICIES = {
    "none": "receivers only report forged mails and deliver them",
    "quarantine": "receivers put forged mails into the junk folder",
    "reject": "receivers refuse forged mails",
}


def spf(domain: str, texts: Texts) -> Finding:
    """Who may send for the domain (RFC 7208). Raises what `texts` raises for the domain itself."""
    records = _spf_records(texts(domain))
    if not records:
        return _spf(
            domain,
            "broken",
            "has no SPF record: receivers cannot tell who may send for it.",
            'Add a TXT record such as "v=spf1 include:your-provider.example ~all"; your provider says which.',
        )
    if len(records) > 1:
        return _spf(domain, "broken", "has several SPF records, so none counts.", "Put them together into one.")
    terms = records[0].split()[1:]
    unknown = [term for term in terms if not _TERM.fullmatch(term)]
    if unknown:
        return _spf(domain, "broken", f"has an SPF record with a mistake at {unknown[0][:40]!r}.", "Correct it.")
    lookups = sum(1 for _ in _lookups(terms, texts, {domain}))
    if lookups > MOST_LOOKUPS:
        return _spf(
            domain,
            "broken",
            f"has an SPF record that needs {lookups} look-ups or more; receivers stop at {MOST_LOOKUPS}.",
            "Take out what no longer sends for you.",
        )
    return _spf_ending(domain, terms)


def _spf_ending(domain: str, terms: Sequence[str]) -> Finding:
    """What is said of servers that are not named."""
    last = next((term.lower() for term in terms if term.lower().lstrip("+-~?") == "all"), "")
    redirected = any(term.lower().startswith("redirect=") for term in terms)
    if last in ("all", "+all"):
        return _spf(domain, "broken", "lets every server of the world send for it (+all).", "End it with ~all.")
    if last == "?all" or (not last and not redirected):
        return _spf(domain, "look", "says nothing of servers it does not name.", "End its SPF record with ~all.")
    if any(term.lower().lstrip("+-~?").startswith("ptr") for term in terms):
        return _spf(domain, "look", "uses “ptr”, which many receivers ignore.", "Name the servers instead.")
    rest = {"-all": "all others are forgeries", "~all": "all others are suspect"}.get(
        last, "another domain says who"
    )
    return _spf(domain, "ok", f"says which servers may send for it; {rest}.")


def _lookups(terms: Sequence[str], texts: Texts, seen: set[str]) -> Iterator[str]:
    """Each DNS look-up a receiver makes, those of included domains as well; one that fails counts once."""
    for term in terms:
        name, _, argument = term.lower().lstrip("+-~?").replace("=", ":", 1).partition(":")
        if name.partition("/")[0] in ("a", "mx", "ptr", "exists", "include", "redirect"):
            yield term
        # One that includes itself would never end, and neither may one that somebody built to be endless.
        if name in ("include", "redirect") and argument not in seen and len(seen) <= MOST_LOOKUPS + 1:
            seen.add(argument)
            try:
                inner = _spf_records(texts(argument))
            except Exception:  # noqa: S112  the look-up has been counted; its answer may come another time
                continue
            yield from _lookups(inner[0].split()[1:] if inner else (), texts, seen)


def _spf_records(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def _spf(domain: str, verdict: Verdict, words: str, remedy: str = "") -> Finding:
    return Finding("SPF", verdict, f"{domain} {words}", remedy)


def dkim(domain: str, selector: str, texts: Texts) -> Finding:
    """The key by which receivers check the signature (RFC 6376 3.6.1). Raises what `texts` raises."""
    if not selector:
        return Finding(
            "DKIM",
            "look",
            f"Which key signs for {domain} is not known here.",
            "Find “s=” in the DKIM-Signature of a mail that arrived, and say --dkim-selector.",
        )
    name = f"{selector}._domainkey.{domain}"
    records = [tags for text in texts(name) if "p" in (tags := _tags(text))]
    if not records:
        return Finding(
            "DKIM",
            "broken",
            f"There is no key at {name}.",
            "Publish the record your provider shows for this domain.",
        )
    if len(records) > 1:
        return Finding("DKIM", "broken", f"There are several keys at {name}.", "Keep one; others get a selector.")
    return _dkim_key(name, records[0])


def _dkim_key(name: str, tags: dict[str, str]) -> Finding:
    if not tags["p"]:
        return Finding("DKIM", "broken", f"The key at {name} is revoked.", "Sign with another, and publish that.")
    bits = _bits(tags["p"], tags.get("k", "rsa").lower())
    if bits is None:
        return Finding("DKIM", "broken", f"The key at {name} cannot be read.", "Publish it again, without a break.")
    if bits < SHORTEST_KEY:
        return Finding("DKIM", "broken", f"The key at {name} has {bits} bits.", f"Make one of {GOOD_KEY} bits.")
    if "y" in tags.get("t", "").split(":"):
        return Finding("DKIM", "look", f"The key at {name} is marked as a test (t=y).", "Take the mark out.")
    if bits < GOOD_KEY:
        words = f"The key at {name} has {bits} bits, which is short."
        return Finding("DKIM", "look", words, f"Make one of {GOOD_KEY} bits.")
    return Finding("DKIM", "ok", f"Signatures can be checked by the key at {name}.")


def _bits(encoded: str, kind: str) -> int | None:
    """How long a key is, an Ed25519 one counted as a good RSA one (RFC 8463); None when it is no key."""
    try:
        raw = base64.b64decode("".join(encoded.split()), validate=True)
        if kind == "ed25519":
            Ed25519PublicKey.from_public_bytes(raw)
            return GOOD_KEY
        key = load_der_public_key(raw)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return key.key_size if isinstance(key, RSAPublicKey) else None


def dmarc(domain: str, texts: Texts) -> Finding:
    """What receivers do with forged mails (RFC 7489); a parent domain speaks for those below it."""
    labels = domain.split(".")
    for place in dict.fromkeys((domain, ".".join(labels[-3:]), ".".join(labels[-2:]))):
        records = [text for text in texts(f"_dmarc.{place}") if re.match(r"v\s*=\s*DMARC1\s*(;|\Z)", text)]
        if records:
            return _dmarc(place, records, inherited=place != domain)
    return Finding(
        "DMARC",
        "broken",
        f"{domain} has no DMARC record; Gmail and Yahoo refuse many mails from such a domain.",
        f'Add a TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:you@{domain}".',
    )


def _dmarc(place: str, records: Sequence[str], *, inherited: bool) -> Finding:
    if len(records) > 1:
        return Finding("DMARC", "broken", f"{place} has several DMARC records, so none counts.", "Keep one.")
    tags = _tags(records[0])
    wish = tags.get("sp" if inherited and "sp" in tags else "p", "").lower()
    if wish not in _POLICIES:
        return Finding("DMARC", "broken", f"The DMARC record of {place} has no policy.", "Add p=none, or stricter.")
    words = f"{place} says: {_POLICIES[wish]} (p={wish})."
    if wish == "none":
        return Finding("DMARC", "look", words, "Enough to begin; when the reports show no surprise, p=quarantine.")
    if (share := tags.get("pct", "100")) != "100":
        return Finding("DMARC", "look", f"{words} But only for {share[:8]} % of them.", "Take pct out.")
    return Finding("DMARC", "ok", words)


def _tags(text: str) -> dict[str, str]:
    """The tags of a list such as "v=DKIM1; k=rsa; p=…" (RFC 6376 3.2)."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
