"""How carefully a sign-up is taken, as its page has found: what is set for all, and what the browser has done."""

from dataclasses import dataclass

from webinar_hub.core.language import gettext as _
from webinar_hub.rules.gate import UNWORKED_AN_HOUR, Switch, works_first
from webinar_hub.services.allowances import Try


@dataclass(frozen=True, slots=True)
class Care:
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


CARELESS = Care()
"""As the staff sign somebody up: nothing is asked of a browser."""
