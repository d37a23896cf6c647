"""Signing in to the studio: Flask-Security, told what this house wants of it."""

from datetime import timedelta

from flask import Flask
from flask_security import Security, SQLAlchemySessionUserDatastore

from webinar_hub.core.config import Settings
from webinar_hub.core.db import db
from webinar_hub.models import Organizer, Passkey, StaffRole


def register(app: Flask) -> None:
    """Put the sign-in under /studio."""
    settings: Settings = app.extensions["settings"]
    app.config.update(
        SECURITY_URL_PREFIX="/studio",
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_POST_LOGIN_VIEW="/studio/",
        SECURITY_POST_LOGOUT_VIEW="/studio/sign-in",
        SECURITY_PASSWORD_SALT=settings.keys[-1],
        # OWASP's cost of argon2id: 19 MiB, two passes; the library's own default takes 300 ms on two cores.
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  the name of the algorithm
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
            "argon2__memory_cost": 19 * 1024,
            "argon2__time_cost": 2,
            "argon2__parallelism": 1,
        },
        SECURITY_PASSWORD_LENGTH_MIN=12,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_FRESHNESS=timedelta(minutes=30),
        SECURITY_FLASH_MESSAGES=False,
        # Roles are memberships (`rules/staff.py`), not what Flask-Security calls so.
        SECURITY_JOIN_USER_ROLES=False,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=settings.is_https,
        REMEMBER_COOKIE_HTTPONLY=True,
    )
    Security(app, SQLAlchemySessionUserDatastore(db.session, Organizer, StaffRole, Passkey))
