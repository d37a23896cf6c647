"""Whether a link that is to show whose address it is still has something to do."""

from datetime import datetime

from webinar_hub.core.errors import NotFound
from webinar_hub.rules.places import State
from webinar_hub.rules.protection import PROOF_LASTS


def proof_is_open(
    state: str, stored: tuple[str, int], signed: tuple[int | str, ...], *, asked_at: datetime, now: datetime
) -> bool:
    """False for a link that has done its work: she has gone on from where she stood when it was written.

    `stored` and `signed` are the nonce and the revision of the registration, as it is and as the link has them.
    Raises NotFound for a link that is none of it, or has grown too old.
    """
    nonce, revision = signed
    if stored[0] != nonce or not isinstance(revision, int) or revision > stored[1]:
        raise NotFound()
    if state != State.UNPROVEN or revision != stored[1]:
        return False
    if now >= asked_at + PROOF_LASTS:
        raise NotFound()
    return True
