"""What leads where in the studio: the bar at the side, and the tabs of a cohort."""

from typing import NamedTuple

from flask import Flask, request

from webinar_hub.core import clock
from webinar_hub.queries.studio import CohortHead
from webinar_hub.rules.life_cycle import Stage
from webinar_hub.rules.staff import Permission
from webinar_hub.web.studio.access import may


class Entry(NamedTuple):
    """One place to go: what it is called, the icon (`templates/web/macros.html`), and who sees it.

    Pages of its own Blueprint lie below it, and those of the Blueprints `also`.
    """

    endpoint: str
    words: str
    icon: str
    permission: Permission
    also: tuple[str, ...] = ()


BAR = (
    Entry("studio_today.page", "Today", "clock", Permission.SEE),
    Entry("studio_webinars.page", "Webinars", "screen", Permission.SEE),
    Entry("studio_people.page", "People", "people", Permission.PEOPLE, ("studio_person", "studio_person_data")),
    Entry("studio_outbox.page", "Messages", "mail", Permission.MESSAGES, ("studio_templates",)),
    Entry("studio_health.page", "Health", "pulse", Permission.SEE),
    Entry("studio_audit.page", "Audit log", "book", Permission.AUDIT),
    Entry("studio_team.page", "Team", "key", Permission.TEAM),
    Entry("studio_settings.page", "Settings", "sliders", Permission.SETTINGS, ("studio_transport", "studio_purge")),
)
# Each takes the cohort's key as `cohort`.
TABS = (
    Entry("studio_timeline.page", "Timeline", "calendar", Permission.SEE),
    Entry("studio_cohort_people.page", "People", "people", Permission.PEOPLE, ("studio_people_import",)),
    Entry(
        *("studio_registering.page", "Registration", "key", Permission.SEE),
        also=(
            *("studio_places", "studio_protection", "studio_questions", "studio_accommodations"),
            *("studio_invitations", "studio_access_codes", "studio_groups", "studio_rhythm"),
        ),
    ),
    Entry("studio_messages.page", "Messages", "mail", Permission.SEE, ("studio_announcements",)),
    Entry("studio_materials.page", "Materials", "download", Permission.SEE, ("studio_drops",)),
    Entry("studio_rehearsal.page", "Rehearsal", "screen", Permission.SEE),
    Entry("studio_cohort.page", "Details", "book", Permission.SEE),
)


def bar() -> list[Entry]:
    """Where she may go from everywhere."""
    return [entry for entry in BAR if may(entry.permission)]


def tabs(webinar_id: int) -> list[Entry]:
    """Where she may go within a cohort of this webinar."""
    return [entry for entry in TABS if may(entry.permission, webinar_id)]


def current(entry: Entry) -> str:
    """What `aria-current` says of an entry: this is the "page", or it lies below it ("true"), or ""."""
    if request.endpoint == entry.endpoint:
        return "page"
    return "true" if _lies_below(entry) else ""


def _lies_below(entry: Entry) -> bool:
    about_one = {"cohort", "webinar"} & (request.view_args or {}).keys()
    if about_one and entry in BAR:
        return entry.words == "Webinars"
    return request.blueprint in (entry.endpoint.partition(".")[0], *entry.also)


def cohort_stage(head: CohortHead) -> Stage:
    """Where the cohort stands at this moment: the same word as in the list of webinars."""
    return head.stage(clock.now())


def register(app: Flask) -> None:
    """Let templates draw both."""
    app.jinja_env.globals.update(studio_bar=bar, cohort_tabs=tabs, current_of=current, cohort_stage=cohort_stage)
