"""What Flask-Security is given of ours: how it stores, mails, checks passkeys and codes."""

from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Any

import qrcode
from flask import Flask, current_app, request
from flask_security import (
    MailUtil,
    MfRecoveryCodesUtil,
    SQLAlchemySessionUserDatastore,
    WebauthnUtil,
    password_changed,
    tf_disabled,
    tf_profile_changed,
)
from flask_security.signals import wan_deleted, wan_registered
from flask_security.totp import Totp
from passlib.totp import TOTP, AppWallet, TotpMatch
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from webinar_hub.core import clock, db
from webinar_hub.documents.notices import Words
from webinar_hub.models import Organizer
from webinar_hub.services import accounts, notices
from webinar_hub.services.notices import Envelope
from webinar_hub.web import current


class Store(SQLAlchemySessionUserDatastore):
    """Commits through `core/db.py`, like everything here."""

    def commit(self) -> None:
        """Called by the library after its own views."""
        db.commit_late()

    def tf_set(
        self, user: Any, primary_method: str, totp_secret: str | None = None, phone: str | None = None
    ) -> None:
        """Called with every sign-in by a code: what an old key has encrypted is encrypted anew."""
        codes: Codes = current_app.extensions["security"].totp_factory
        super().tf_set(user, primary_method, codes.by_newest_key(totp_secret) if totp_secret else None, phone)


class OutboxMail(MailUtil):
    """Writes into the outbox; nothing is sent from a request."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **context: Any,
    ) -> None:
        """Take the library's subject and text; the frame around them is ours."""
        to = recipient if isinstance(recipient, str) else recipient[1]
        words: Words = current.notice_templates().render("security", about=str(subject), said=body or "")
        envelope = Envelope(to_email=to, from_email=current.staff_post().sender, from_name="Webinar Hub")
        notices.write("security", envelope, words, now=clock.now())


def code_secrets(keys: list[str]) -> dict[str, str]:
    """What authenticator secrets are encrypted with, oldest first, each by a name that stays its own."""
    return {f"k{sha256(key.encode()).hexdigest()[:8]}": _derived(key, "codes").decode() for key in keys}


def recovery_keys(keys: list[str]) -> list[bytes]:
    """What recovery codes are encrypted with; Fernet wants the newest first."""
    return [_derived(key, "recovery") for key in reversed(keys)]


def _derived(key: str, purpose: str) -> bytes:
    return urlsafe_b64encode(sha256(f"webinar-hub.staff.{purpose}:{key}".encode()).digest())


class Codes(Totp):
    """Codes of authenticator apps: each counts once, and the newest key encrypts."""

    def __init__(self, secrets: dict[str, str], issuer: str) -> None:
        super().__init__(secrets, issuer)
        self._newest = list(secrets)[-1]
        self._totp = TOTP.using(issuer=issuer, wallet=AppWallet(secrets, default_tag=self._newest))

    def generate_qrcode(self, username: str, totp: str) -> str:
        """The QR code as n and the path of an SVG of `0 0 n n`: a page may not hold a picture as an address."""
        code = qrcode.QRCode(border=2)
        code.add_data(self.get_totp_uri(username, totp))
        rows = code.get_matrix()
        dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
        return f"{len(rows)} {''.join(dark)}"

    def get_last_counter(self, user: Any) -> int | None:
        """The number of the newest code she has used (RFC 6238 5.2: a code is accepted once)."""
        return accounts.last_code(user.id)

    def set_last_counter(self, user: Any, tmatch: TotpMatch) -> None:
        """Remember it."""
        accounts.code_used(user.id, tmatch.counter)

    def by_newest_key(self, secret: str) -> str:
        """The same secret, encrypted anew where an older key has done it."""
        if f'"{self._newest}"' in secret:
            return secret
        return str(self._totp.from_source(secret).to_json(encrypt=True))


class RecoveryCodes(MfRecoveryCodesUtil):
    """Tells her when codes are made or used."""

    def create_recovery_codes(self, user: Any) -> list[str]:
        """New ones; the old ones end."""
        codes = super().create_recovery_codes(user)
        _tell(user, "recovery codes.made")
        return codes

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        """One is used up."""
        _tell(user, "recovery code.used")
        return super().delete_recovery_code(user, code)


class PasskeyRules(WebauthnUtil):
    """A passkey signs in by itself: found without a name, after the device asked for a finger, face or PIN."""

    def origin(self) -> str:
        """Where the browser says it is; behind a proxy the service itself is spoken to by http."""
        scheme = "https" if current.settings().is_https else request.scheme
        return f"{scheme}://{request.host}"

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        """Phones and laptops are welcome as well as keys to plug in."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """Always."""
        return UserVerificationRequirement.REQUIRED


def now() -> datetime:
    """What the library calls now: aware, and nobody moves it."""
    return clock.real_now()


def listen(app: Flask) -> None:
    """Tell her, and the audit log, of what she or somebody else changed through the library's pages."""
    for signal, action in (
        (password_changed, "password.changed"),
        (tf_profile_changed, "code.on"),
        (tf_disabled, "code.off"),
        (wan_registered, "passkey.added"),
        (wan_deleted, "passkey.removed"),
    ):
        signal.connect(_telling(action), app, weak=False)


def _telling(action: str) -> Any:
    def told(_: Flask, user: Organizer, **__: Any) -> None:
        _tell(user, action)

    return told


def _tell(user: Organizer, action: str) -> None:
    db.begin_to_write()
    accounts.tell(user, action, current.staff_post(), now=clock.now())
