"""Proof of work: a sum that costs a browser a second and a flood of sign-ups a fortune (ALTCHA, no third party).

A challenge is signed, grows old, and is good for one sign-up in whichever process that comes in. Nothing is stored
until it was used.
"""

from datetime import timedelta

from flask import Blueprint, Response, jsonify

from webinar_hub.core import clock
from webinar_hub.core.errors import Invalid
from webinar_hub.core.language import gettext as _
from webinar_hub.web.current import tokens

blueprint = Blueprint("work", __name__)

FIELD = "altcha"
"""The field of a form in which the widget leaves what it has worked out."""
ALGORITHM = "PBKDF2/SHA-256"
COST = 5000
"""Rounds of one guess; a browser needs 256 of them on average, and checking one takes about two milliseconds."""
LASTS = timedelta(minutes=20)


@blueprint.get("/work")
def challenge() -> Response:
    """A new sum to do."""
    from altcha import create_challenge  # noqa: PLC0415  slow import

    ends = clock.real_now() + LASTS
    made = create_challenge(ALGORITHM, COST, expires_at=ends, hmac_secret=tokens().derived("work")[0])
    return jsonify(made.to_dict())


def done(typed: str) -> str:
    """The name of the work that was done, to be used once. Raises Invalid for a wrong or an old answer."""
    from altcha import Payload, verify_solution  # noqa: PLC0415  slow import

    if not any(verify_solution(typed, secret).verified for secret in tokens().derived("work")):
        raise Invalid(
            "", _("What your browser worked out has grown too old. It begins anew: press the button again.")
        )
    return str(Payload.from_base64(typed).challenge.signature)
