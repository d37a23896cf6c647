"""Friendly advice about a mail before it is sent: what filters and readers stumble over. It keeps none back."""

import re
from collections.abc import Iterator, Sequence

from webinar_hub.rules.checkup import Finding
from webinar_hub.rules.wording import PLACEHOLDER

LONGEST_SHOWN = 60
"""Characters of a subject that a phone shows."""
_BAIT = re.compile(
    r"\b(free!{2,}|act now|click here|winner|cash|100 ?% free|risk[- ]free|urgent|guaranteed|last chance)\b"
    r"|free!!+|\${2,}",
    re.IGNORECASE,
)
_PUBLIC = frozenset(
    ("gmail.com", "googlemail.com", "yahoo.com", "outlook.com", "hotmail.com", "aol.com", "icloud.com", "gmx.de")
)


def advice(subject: str, body: str, sender: str, findings: Sequence[Finding] = ()) -> list[str]:
    """What could be better, a sentence or two each; nothing where all is well.

    `findings` are what the DNS says of the sender's domain (`rules/mail_authentication.py`), where it was asked.
    """
    return [*_of_subject(PLACEHOLDER.sub("", subject)), *_of_body(body), *_of_sender(sender), *_of_dns(findings)]


def _of_subject(subject: str) -> Iterator[str]:
    letters = [sign for sign in subject if sign.isalpha()]
    shouted = [word for word in re.findall(r"[^\W\d_]{4,}", subject) if word.isupper()]
    if (len(letters) >= 8 and sum(map(str.isupper, letters)) > len(letters) * 0.6) or len(shouted) >= 2:
        yield "The subject is mostly in capitals. That reads as shouting, and filters count it."
    if subject.count("!") > 1:
        yield "The subject has more than one “!”. One is friendly, several look like advertising."
    if _BAIT.search(subject):
        yield "The subject has words that junk mail likes. Say plainly what the mail is about."
    if len(subject) > LONGEST_SHOWN:
        yield f"The subject has {len(subject)} characters; phones show {LONGEST_SHOWN}. Say first what counts."
    if subject.lower().startswith(("re:", "fwd:", "fw:")):
        yield "“Re:” and “Fwd:” say that this is an answer. Readers feel tricked when it is not."


def _of_body(body: str) -> Iterator[str]:
    words = re.sub(r"\[[^\]]*\]\([^)]*\)|\{[a-z_]*\}|<[^>]*>", "", body)
    if len(words.split()) < 5:
        yield "There is hardly any text. A few sentences help readers, and filters distrust mails of links alone."
    if len(re.findall(r"https?://|\]\(", body)) > 10:
        yield "There are many links. Two or three that matter are read; many look like advertising."
    if body.count("!") > 5:
        yield "There are many “!” in the text."


def _of_sender(sender: str) -> Iterator[str]:
    domain = sender.rpartition("@")[2].lower()
    if domain in _PUBLIC:
        yield (
            f"Mails come from an address at {domain}, for which only {domain} may send: many will land among the "
            "junk. Use an address of your own domain."
        )


def _of_dns(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.verdict == "broken":
            yield f"{finding.words} {finding.remedy}".strip()
