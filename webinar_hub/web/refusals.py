"""What staff wanted and could not do any more is put on record: what was rolled back took its entry along."""

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.rules.places import IllegalStep
from webinar_hub.services import audit


def keep(problem: HubError) -> None:
    """Write down a step of a registration that does not follow from where it stands; nothing else is kept."""
    if isinstance(problem, IllegalStep) and problem.actor.startswith("organizer:"):
        with transaction():
            said = {"state": problem.state.value, "step": problem.step.value}
            audit.note(problem.actor, "registration.refused", problem.subject, now=clock.now(), **said)
