"""How a sign-up is protected: what is set, what happens to the webinar now, what the browser has done."""

from dataclasses import dataclass
from typing import cast

from flask import request

from webinar_hub.queries import protection as queries
from webinar_hub.rules.protection import Switch, works_first
from webinar_hub.services.protection import Protection
from webinar_hub.web import assets, watch, work
from webinar_hub.web.current import house

SCRIPTS = ("vendor/altcha.min.js", "vendor/altcha-pbkdf2.js")


@dataclass(frozen=True, slots=True)
class Works:
    """That the browser is to work: by these scripts, or by none where the build step has not brought them."""

    scripts: tuple[str, ...]


def of_request(slug: str) -> Protection:
    """For the form that was sent. Raises Invalid where the browser's work is wrong or too old."""
    typed = request.form.get(work.FIELD, "")
    ours = house()
    return Protection(
        switch=cast(Switch, ours.proof_of_work),
        attacked=watch.attacked(slug),
        worked=work.done(typed) if typed else "",
        keeps_network=ours.consent_network == "yes",
    )


def works(slug: str, cohort: str) -> Works | None:
    """What the form has the browser do; None where nothing is asked of it."""
    own = queries.of_cohort(cohort)
    if not works_first(own.proof_of_work, house().proof_of_work, attacked=watch.attacked(slug)):
        return None
    return Works(SCRIPTS if assets.are_there(*SCRIPTS) else ())
