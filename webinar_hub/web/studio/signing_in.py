"""Signing in to the studio: Flask-Security, told what this house wants; its pages are in templates/security."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_security import RoleMixin, Security, UserMixin

from webinar_hub.core.config import Settings
from webinar_hub.core.db import db
from webinar_hub.models import Organizer, Passkey
from webinar_hub.models.organizer import let_them_sign_in
from webinar_hub.web.forms import library as forms
from webinar_hub.web.studio import attempts, browsers, sign_in_parts

# The library's messages in our words.
REFUSALS = {
    "GENERIC_AUTHN_FAILED": "The address or the password is not right. Look at both again; nothing was lost.",
    "INVALID_PASSWORD": "This is not your password. Please try again.",
    "PASSWORD_NOT_PROVIDED": "Please type your password.",
    "EMAIL_NOT_PROVIDED": "Please type your e-mail address.",
    "PASSWORD_INVALID_LENGTH": "A password needs at least %(length)s characters. Try four unrelated words.",
    "RETYPE_PASSWORD_MISMATCH": "The two passwords differ. Please type the new one twice.",
    "PASSWORD_IS_THE_SAME": "This is the password you have already. Choose another one.",
    "TWO_FACTOR_INVALID_TOKEN": "This code is not right, or was used already. Wait for the next one and type that.",
    "TWO_FACTOR_PERMISSION_DENIED": "That took too long. Please sign in again; nothing was lost.",
    "TWO_FACTOR_SETUP_EXPIRED": "That took too long. Please begin again; nothing was changed.",
    "INVALID_RECOVERY_CODE": "This recovery code is not right, or was used already. Each works once.",
    "WEBAUTHN_NAME_INUSE": "You have a passkey called “%(name)s” already. Choose another name.",
    "WEBAUTHN_NAME_REQUIRED": "Give the passkey a name, such as the device it is on.",
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": "This passkey is not known here (any more). Sign in another way.",
    "WEBAUTHN_NO_VERIFY": "The passkey could not be checked. Please try again, or sign in another way.",
    "WEBAUTHN_EXPIRED": "That took too long. Please try again.",
    "INVALID_REDIRECT": "The page you wanted to go on to is not one of ours. Sign in again, and the studio opens.",
    "API_ERROR": "That did not work. Please try again.",
}
CONFIRMATIONS = {
    "PASSWORD_CHANGE": "Your password is changed. Every other browser was signed out.",
    "TWO_FACTOR_DISABLED": "Signing in no longer asks for a code.",
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": "Done: from now on signing in asks for a code from your app.",
    "WEBAUTHN_REGISTER_SUCCESSFUL": "Done: you can sign in with the passkey “%(name)s” from now on.",
    "WEBAUTHN_CREDENTIAL_DELETED": "The passkey “%(name)s” no longer signs you in.",
}
# The page itself says it.
UNSAID = (
    "REAUTHENTICATION_REQUIRED",
    "REAUTHENTICATION_SUCCESSFUL",
    "UNAUTHENTICATED",
    "TWO_FACTOR_LOGIN_SUCCESSFUL",
)


class StaffRole(RoleMixin):
    """Flask-Security asks for a class of roles; ours are memberships (`rules/staff.py`), so it has no rows."""


let_them_sign_in(UserMixin)


def register(app: Flask) -> None:
    """Put the sign-in under /studio."""
    settings: Settings = app.extensions["settings"]
    app.config.update(_addresses(), **_rules(settings), **_secrets(settings))
    for category, messages in (("error", REFUSALS), ("done", CONFIRMATIONS), ("unsaid", dict.fromkeys(UNSAID, ""))):
        app.config.update({f"SECURITY_MSG_{name}": (words, category) for name, words in messages.items()})
    security = Security(
        app,
        # Of a passkey's class the library needs its columns and `get_user_mapping`.
        sign_in_parts.Store(db.session, Organizer, StaffRole, Passkey),  # type: ignore[arg-type]
        mail_util_cls=sign_in_parts.OutboxMail,
        totp_cls=sign_in_parts.Codes,
        webauthn_util_cls=sign_in_parts.PasskeyRules,
        mf_recovery_codes_util_cls=sign_in_parts.RecoveryCodes,
        two_factor_setup_form=forms.CodesForm,
        two_factor_rescue_form=forms.RescueForm,
        two_factor_select_form=forms.SecondForm,
        wan_register_form=forms.PasskeyForm,
    )
    _keep_off_public_pages(app, security)
    browsers.register(app, security.login_manager)
    sign_in_parts.listen(app)
    app.before_request(attempts.count)


def _addresses() -> dict[str, Any]:
    return {
        "SECURITY_URL_PREFIX": "/studio",
        # Its scripts are not ours, and our pages do not load them.
        "SECURITY_STATIC_FOLDER": None,
        # `web/headers.py` says who may keep its pages.
        "SECURITY_CACHE_CONTROL": None,
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_POST_LOGIN_VIEW": "/studio/",
        "SECURITY_POST_LOGOUT_VIEW": "/studio/sign-in",
        "SECURITY_VERIFY_URL": "/account/again",
        "SECURITY_CHANGE_URL": "/account/password",
        "SECURITY_POST_CHANGE_VIEW": "/studio/account",
        "SECURITY_TWO_FACTOR_SETUP_URL": "/account/codes",
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/studio/account",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
        "SECURITY_TWO_FACTOR_RESCUE_URL": "/sign-in/rescue",
        "SECURITY_TWO_FACTOR_SELECT_URL": "/sign-in/second",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
        "SECURITY_WAN_REGISTER_URL": "/account/passkeys",
        "SECURITY_WAN_POST_REGISTER_VIEW": "/studio/account",
        "SECURITY_WAN_DELETE_URL": "/account/passkeys/remove",
        "SECURITY_WAN_SIGNIN_URL": "/sign-in/passkey",
        "SECURITY_WAN_VERIFY_URL": "/account/again/passkey",
    }


def _rules(settings: Settings) -> dict[str, Any]:
    return {
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        # Seconds before and after its half minute in which a code counts.
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TOTP_ISSUER": f"Webinar Hub {settings.host}",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_RP_NAME": "Webinar Hub",
        # Nobody has to say who she is, so nothing tells whether she is known.
        "SECURITY_WAN_ALLOW_USER_HINTS": False,
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
        "SECURITY_FRESHNESS": timedelta(minutes=30),
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(minutes=10),
        "SECURITY_DATETIME_FACTORY": sign_in_parts.now,
        # Roles are memberships (`rules/staff.py`), not what Flask-Security calls so.
        "SECURITY_JOIN_USER_ROLES": False,
    }


def _secrets(settings: Settings) -> dict[str, Any]:
    return {
        # OWASP's cost of argon2id: 19 MiB, two passes; the library's own default takes 300 ms on two cores.
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__memory_cost": 19 * 1024,
            "argon2__time_cost": 2,
            "argon2__parallelism": 1,
        },
        # Without another secret mixed in: changing the service's key must not make every password wrong.
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_TOTP_SECRETS": sign_in_parts.code_secrets(settings.keys),
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": sign_in_parts.recovery_keys(settings.keys),
    }


def _keep_off_public_pages(app: Flask, security: Security) -> None:
    """Undo what asks at every page who is signed in: public ones are the same for all, and free of cookies."""
    processors = app.template_context_processors[None]
    processors[:] = [each for each in processors if not each.__module__.startswith("flask_login")]
    security.principal.identity_loaders.clear()
