"""Links that open a web calendar with one session filled in; ics.py writes the files for every other calendar.

None of the four services documents its link. The names of the parameters are those written down at
github.com/InteractionDesignFoundation/add-event-to-calendar-docs. A link cannot be updated later: the page that
shows it says so and puts the .ics beside it.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from webinar_hub.documents.calendar_session import CalendarSession, in_utc
from webinar_hub.documents.calendar_text import plain_paragraphs, title_line, with_link

# Outlook's server refuses a query of more than 2,048 octets, and so do some mail gateways that rewrite links.
LONGEST_TITLE = 300  # octets after encoding, as the next one
LONGEST_DETAILS = 1000


@dataclass(frozen=True, slots=True)
class CalendarLinks:
    """Addresses for "add to calendar" buttons, one per service."""

    google: str
    outlook_com: str
    microsoft_365: str
    yahoo: str


def calendar_links(session: CalendarSession) -> CalendarLinks:
    """The four links of a session: times in UTC, the hub's page as the place, nothing that is personal."""
    title = _shortened(title_line(session.title), LONGEST_TITLE)
    details = _details(session)
    starts, ends = in_utc(session.starts_at), in_utc(session.ends_at)
    return CalendarLinks(
        google=_link(
            "https://calendar.google.com/calendar/render",
            action="TEMPLATE",
            text=title,
            dates=f"{_compact(starts)}/{_compact(ends)}",
            details=details,
            location=session.url,
        ),
        outlook_com=_outlook("outlook.live.com", session, title, details),
        microsoft_365=_outlook("outlook.office.com", session, title, details),
        yahoo=_link(
            "https://calendar.yahoo.com/",
            v="60",
            title=title,
            st=_compact(starts),
            et=_compact(ends),
            desc=details,
            in_loc=session.url,
        ),
    )


def _outlook(host: str, session: CalendarSession, title: str, details: str) -> str:
    return _link(
        f"https://{host}/calendar/deeplink/compose",
        path="/calendar/action/compose",
        rru="addevent",
        subject=title,
        startdt=f"{in_utc(session.starts_at):%Y-%m-%dT%H:%M:%SZ}",
        enddt=f"{in_utc(session.ends_at):%Y-%m-%dT%H:%M:%SZ}",
        body=details,
        location=session.url,
    )


def _link(address: str, **parameters: str) -> str:
    # %20 and not "+", which Outlook shows as a plus sign.
    return f"{address}?{urlencode(parameters, quote_via=quote, safe='')}"


def _details(session: CalendarSession) -> str:
    full = with_link(session.description, session.url)
    if len(quote(full, safe="")) <= LONGEST_DETAILS:
        return full
    room = LONGEST_DETAILS - len(quote(f"\n\n{session.url}", safe=""))
    return f"{_shortened(plain_paragraphs(session.description), room)}\n\n{session.url}"


def _shortened(text: str, octets: int) -> str:
    """The text, or its beginning up to a whole word and an ellipsis, that encodes to at most so many octets."""
    if len(quote(text, safe="")) <= octets:
        return text
    kept = text[:octets]
    while kept and len(quote(kept + "…", safe="")) > octets:
        kept = kept[:-1]
    whole_words = kept.rpartition(" ")[0]
    return f"{whole_words or kept}…"


def _compact(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"
