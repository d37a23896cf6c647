"""How a sign-up is protected: what is set for all, what a browser has done for it, what one cohort sets."""

from dataclasses import dataclass
from datetime import datetime

from webinar_hub.core.errors import Invalid
from webinar_hub.core.language import gettext as _
from webinar_hub.rules.protection import UNWORKED_AN_HOUR, Switch, works_first
from webinar_hub.services import audit, sessions
from webinar_hub.services.allowances import Try
from webinar_hub.services.editing import edit


@dataclass(frozen=True, slots=True)
class Protection:
    """The house's switch, and whether the webinar is `attacked` just now.

    `worked` names the work her browser has done for it, "" for none. `keeps_network` says that a consent is kept
    with the network address.
    """

    switch: Switch = "never"
    attacked: bool = False
    worked: str = ""
    keeps_network: bool = False

    def is_unworked(self, own: str) -> bool:
        """Whether work was asked for and not done; `own` is the cohort's switch, "" for the house's."""
        return not self.worked and works_first(own, self.switch, attacked=self.attacked)

    def tries(self, network: str, *, unworked: bool) -> list[Try]:
        """What is counted beside the sign-up: work is good for one, and few come from one network without."""
        tries = [Try("unworked", network, UNWORKED_AN_HOUR)] if unworked else []
        if self.worked:
            tries.append(Try("work", self.worked, 1, _("This was sent already. Press the button once more.")))
        return tries


UNPROTECTED = Protection()
"""As the staff sign somebody up: nothing is asked of a browser."""

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
