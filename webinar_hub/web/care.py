"""How carefully a sign-up is taken: what is set, what happens to the webinar now, what the browser has done."""

from dataclasses import dataclass
from typing import cast

from flask import request

from webinar_hub.queries.gate import Entrance
from webinar_hub.rules.gate import Switch, works_first
from webinar_hub.services.care import Care
from webinar_hub.web import assets, watch, work
from webinar_hub.web.current import house

SCRIPTS = ("vendor/altcha.min.js", "vendor/altcha-pbkdf2.js")


@dataclass(frozen=True, slots=True)
class Works:
    """That the browser is to work: by these scripts, or by none where the build step has not brought them."""

    scripts: tuple[str, ...]


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


def works(slug: str, entrance: Entrance) -> Works | None:
    """What the form has the browser do; None where nothing is asked of it."""
    if not works_first(entrance.proof_of_work, house().proof_of_work, attacked=watch.attacked(slug)):
        return None
    return Works(SCRIPTS if assets.are_there(*SCRIPTS) else ())
