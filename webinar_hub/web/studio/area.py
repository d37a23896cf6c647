"""An area of the studio is a blueprint below /studio whose name says so, and access.py watches over it."""

from flask import Blueprint

from webinar_hub.web.studio.access import PREFIX


def area(name: str) -> Blueprint:
    """The blueprint `studio_<name>`; its addresses begin with /studio."""
    return Blueprint(f"{PREFIX}{name}", __name__, url_prefix="/studio")
