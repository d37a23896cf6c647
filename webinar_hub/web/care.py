"""How carefully this sign-up is taken: what is set, what happens to the webinar just now, what the browser has done."""

from typing import cast

from flask import request

from webinar_hub.queries.gate import Entrance
from webinar_hub.rules.gate import Switch, works_first
from webinar_hub.services.registrations import Care
from webinar_hub.web import watch, work
from webinar_hub.web.current import house


def of_request(slug: str) -> Care:
    """For the form that was sent. Raises Invalid where the browser's work is wrong or too old."""
    typed = request.form.get(work.FIELD, "")
    own = house()
    return Care(
        switch=cast(Switch, own.proof_of_work),
        attacked=watch.attacked(slug),
        worked=work.done(typed) if typed else "",
        keeps_network=own.consent_network == "yes",
    )


def works(slug: str, entrance: Entrance) -> bool:
    """Whether the form is to have the browser work."""
    return works_first(entrance.proof_of_work, house().proof_of_work, attacked=watch.attacked(slug))
