"""What one cohort asks of addresses and browsers before it lets anybody in."""

from datetime import datetime

from webinar_hub.core.errors import Invalid
from webinar_hub.services import audit, sessions
from webinar_hub.services.editing import edit

SWITCHES = ("", "never", "attack", "always")


def change(key: str, proves_address: bool, proof_of_work: str, *, seen: int, actor: str, now: datetime) -> None:
    """Set double opt-in, and when browsers work: `proof_of_work` "" goes by what is set for all.

    Raises NotFound, EditedMeanwhile, and Invalid for a switch that is none.
    """
    if proof_of_work not in SWITCHES:
        raise Invalid("proof_of_work", "Choose one of the answers.")
    cohort = sessions.find_cohort(key)
    edit(cohort, seen)
    before = {"proves_address": cohort.proves_address, "proof_of_work": cohort.proof_of_work}
    cohort.proves_address, cohort.proof_of_work = proves_address, proof_of_work
    after = {"proves_address": proves_address, "proof_of_work": proof_of_work}
    if after != before:
        audit.note(actor, "cohort.changed", f"cohort:{cohort.id}", now=now, before=before, after=after)
