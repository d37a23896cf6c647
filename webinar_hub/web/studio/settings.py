"""What holds for the whole installation: brand, sender, texts, defaults and how long things are kept."""

from collections.abc import Mapping
from typing import NamedTuple

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import NotFound
from webinar_hub.documents.logo import UnfitLogo, fitted
from webinar_hub.rules import colors
from webinar_hub.rules.house import Refused, typed
from webinar_hub.rules.retention import KINDS
from webinar_hub.rules.staff import Permission
from webinar_hub.services import house as services
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web.current import house, kept_house, settings
from webinar_hub.web.forms.zone_choices import zone_choices
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("settings")

LOGO_LIMIT = 1_500_000
"""Bytes of an upload, its form included."""


NONE: Mapping[str, str] = {}


class Section(NamedTuple):
    """One page of settings: its words, and the fields on it."""

    title: str
    words: str
    fields: tuple[str, ...]


SECTIONS = {
    "brand": Section("Name and colors", "What people see at the top of every page and mail.", ("name", "accent")),
    "sender": Section(
        "Sender and address",
        "Whom mails come from, where answers go, and the address at their foot.",
        ("sender_name", "sender_address", "reply_to", "postal_address"),
    ),
    "texts": Section(
        "Texts",
        "The foot of pages, your privacy page, the words people agree to, and whether they may send files.",
        ("footer", "privacy_url", "news_words", "file_questions"),
    ),
    "protection": Section(
        "Sign-up protection",
        "Whether an address is asked first, what people check, and what keeps robots out.",
        ("proves_address", "proof_of_work", "bonus_box", "bonus_words", "consent_network"),
    ),
    "defaults": Section(
        "For new cohorts", "The time zone and the reminders a new cohort begins with.", ("zone", "reminders")
    ),
    "retention": Section(
        "How long things are kept",
        "After so many days what you no longer need goes, each night.",
        tuple(f"keep_{kind}" for kind in KINDS),
    ),
}


@blueprint.get("/settings")
@needs(Permission.SETTINGS)
def page() -> str:
    """Everything there is to set, with what holds now."""
    return render_template("studio/settings/page.html", sections=SECTIONS, now=typed(house()), kinds=KINDS)


@blueprint.get("/settings/<section>")
@needs(Permission.SETTINGS)
def section(section: str) -> str:
    """One page of settings. Opened, it shows what is stored this moment."""
    kept_house().forget()
    return _form(section, typed(house()), house().version)


@blueprint.post("/settings/<section>")
@needs(Permission.SETTINGS)
def save(section: str) -> Redirect | tuple[str, int]:
    """Keep what was typed; what cannot be used comes back with the reason."""
    given = _given(section)
    seen = request.form.get("version", type=int) or 0
    try:
        with transaction():
            services.change(given, seen=seen, actor=staff().actor, now=clock.now())
    except Refused as refused:
        return _form(section, given, seen, problems=refused.problems, offers=refused.offers), 422
    except EditedMeanwhile as meanwhile:
        kept_house().forget()
        return _form(section, given, house().version, problem=meanwhile.message), 409
    return _saved(section)


@blueprint.post("/settings/logo")
@needs(Permission.SETTINGS)
def put_logo() -> Redirect | tuple[str, int]:
    """Take a picture for the top of every page."""
    file, seen = request.files.get("logo"), request.form.get("version", type=int) or 0
    try:
        picture = fitted(file.read() if file else b"")
        with transaction():
            services.put_logo(picture, seen=seen, actor=staff().actor, now=clock.now())
    except UnfitLogo as unfit:
        return _form("brand", typed(house()), seen, problems={"logo": str(unfit)}), 422
    except EditedMeanwhile as meanwhile:
        kept_house().forget()
        return _form("brand", typed(house()), house().version, problem=meanwhile.message), 409
    return _saved("brand")


@blueprint.post("/settings/logo/remove")
@needs(Permission.SETTINGS)
def take_logo_away() -> Redirect | tuple[str, int]:
    """Go back to the house's own sign."""
    try:
        with transaction():
            seen = request.form.get("version", type=int) or 0
            services.take_logo_away(seen=seen, actor=staff().actor, now=clock.now())
    except EditedMeanwhile as meanwhile:
        kept_house().forget()
        return _form("brand", typed(house()), house().version, problem=meanwhile.message), 409
    return _saved("brand")


@blueprint.url_value_preprocessor
def _room_for_a_logo(endpoint: str | None, _: object) -> None:
    # Before anything reads the form: the app's own limit is that of a few typed lines.
    if endpoint == "studio_settings.put_logo":
        request.max_content_length = LOGO_LIMIT


def _given(section: str) -> dict[str, str]:
    given = {name: request.form.get(name, "") for name in _section(section).fields}
    # The button beside a refused color takes the one that was offered instead.
    if "accent" in given and "instead" in request.form:
        given["accent"] = request.form["instead"]
    return given


def _section(name: str) -> Section:
    if name not in SECTIONS:
        raise NotFound()
    return SECTIONS[name]


def _saved(section: str) -> Redirect:
    kept_house().forget()
    flash("Saved. Pages and mails follow within a few seconds.", "done")
    return redirect(url_for("studio_settings.section", section=section), 303)


def _form(
    name: str,
    values: dict[str, str],
    version: int,
    *,
    problem: str = "",
    problems: Mapping[str, str] = NONE,
    offers: Mapping[str, str] = NONE,
) -> str:
    about, accent = _section(name), house().accent
    return render_template(
        f"studio/settings/{name}.html",
        about=about,
        name=name,
        values=values,
        stored=typed(house()),
        version=version,
        problem=problem,
        problems=problems,
        offers=offers,
        zones=zone_choices(values.get("zone") or house().zone),
        kinds=KINDS,
        operators_sender=settings().mail_sender,
        ratios=(
            colors.least(accent, colors.LIGHT_GROUNDS),
            colors.least(colors.dark(accent).accent, colors.DARK_GROUNDS),
        ),
    )
