"""How often somebody may try to come in: per account and network together, per account, and per network.

Whether an account exists makes no difference, and a right password is counted like a wrong one.
"""

from flask import request, session
from flask_security import current_user
from werkzeug.exceptions import UnsupportedMediaType

from webinar_hub.rules.registration import email_key
from webinar_hub.web.current import network
from webinar_hub.web.rate_limits import demand

WINDOW = "15 minutes"
HERE = 10
"""Tries of one account from one network."""
ANYWHERE = 50
"""Tries of one account from all networks: more, or anybody could lock her out for long."""
CODES = 20
"""Codes typed for one account: with three that count at any moment, guessing one takes months."""
NETWORK = 60
"""Tries from one network, whatever the account."""
LINKS = 3
"""Mails with links to one address."""

# Where something secret is typed in, or signed.
_GUARDED = frozenset(
    {
        "security.login",
        "security.verify",
        "security.change_password",
        "security.two_factor_token_validation",
        "security.two_factor_setup_validate",
        "security.two_factor_rescue",
        "security.mf_recovery",
        "security.wan_signin_response",
        "security.wan_verify_response",
    }
)


def count() -> None:
    """Before a view of the library: count one more try. Raises TooMany.

    The library also reads JSON, in which the name would have to be looked for elsewhere; our pages send forms.
    """
    if request.blueprint == "security" and request.is_json:
        raise UnsupportedMediaType()
    if request.method == "POST" and request.endpoint in _GUARDED:
        half_in = session.get("tf_user_id")
        spend(f"half in: {half_in}", CODES) if half_in else spend(_account())


def spend(account: str, anywhere: int = ANYWHERE) -> None:
    """Count one try to come in as `account`, which may be "" where none is named. Raises TooMany."""
    if account:
        demand("staff-here", f"{HERE} per {WINDOW}", f"{account} {network()}")
        demand("staff", f"{anywhere} per {WINDOW}", account)
    demand("staff-network", f"{NETWORK} per {WINDOW}", network())


def spend_mail(email: str) -> None:
    """Count one mail with a link, asked for by anybody. Raises TooMany."""
    demand("staff-mail", f"{LINKS} per hour", _one_name(email))
    demand("staff-mail-network", f"{NETWORK} per hour", network())


def _account() -> str:
    """Whose password it is about: by name on the sign-in page, by the session afterwards."""
    if request.endpoint == "security.login":
        return _one_name(request.form.get("email", ""))
    return f"in: {current_user.id}" if current_user.is_authenticated else ""


def _one_name(email: str) -> str:
    """One for all the ways to write an address, or each would have tries of its own."""
    try:
        return email_key(email.strip())
    except ValueError:
        return email.strip().lower()
