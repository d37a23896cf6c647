"""A webinar's dates for search engines, in the words of schema.org; the page carries them as a data block."""

from typing import Any

from webinar_hub.core.links import Links
from webinar_hub.queries.views import CohortView, SessionView, WebinarView
from webinar_hub.web.filters import iso


def events(webinar: WebinarView, links: Links) -> list[dict[str, Any]]:
    """One schema.org Event for the next session of each cohort; free, online, without anybody's address.

    None of a webinar that is in no list, or of a cohort that not everybody may come to.
    """
    if webinar.visibility != "listed":
        return []
    return [
        _event(webinar, cohort, cohort.next_session, links)
        for cohort in webinar.cohorts
        if cohort.next_session is not None and not cohort.needs_code
    ]


def _event(webinar: WebinarView, cohort: CohortView, session: SessionView, links: Links) -> dict[str, Any]:
    page = links.webinar(webinar.slug)
    sold_out = cohort.closed_because or cohort.waits
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": f"{webinar.title}: {session.title}" if session.title else webinar.title,
        "description": session.summary or webinar.summary,
        "startDate": iso(session.starts_at),
        "endDate": iso(session.ends_at),
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": links.session(session.public_id)},
        "image": [links.cover(webinar.slug)],
        "organizer": {"@type": "Organization", "name": webinar.organizer_name, "url": links.home()},
        "performer": [{"@type": "Person", "name": presenter.name} for presenter in webinar.presenters],
        "isAccessibleForFree": True,
        "offers": {
            "@type": "Offer",
            "price": "0",
            "priceCurrency": "USD",
            "url": page,
            "availability": f"https://schema.org/{'SoldOut' if sold_out else 'InStock'}",
        },
    }
