"""In whatever order the mails about one session arrive, and however often, a calendar ends the same."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from icalendar import Calendar

from tests.documents.calendar_examples import FEEDING, HOST, STAMPED_AT
from webinar_hub.documents.ics import session_uid, shared_invite

UID = session_uid("ses_8Kd2", "reg_Qx71", HOST)


class ReadersCalendar:
    """A calendar that takes invitations as RFC 5546 section 2.1.5 says: by SEQUENCE, and then by DTSTAMP."""

    def __init__(self):
        self.entries = {}
        self._newest = {}

    def receive(self, mail):
        calendar = Calendar.from_ical(mail)
        [event] = calendar.events
        uid, age = str(event["UID"]), (int(event["SEQUENCE"]), event["DTSTAMP"].dt)
        if age <= self._newest.get(uid, (-1, None)):
            return
        self._newest[uid] = age
        if calendar["METHOD"] == "CANCEL":
            self.entries.pop(uid, None)
        else:
            self.entries[uid] = (event["DTSTART"].dt, str(event["SUMMARY"]), str(event["ORGANIZER"]))


def mail(session, method, revision, uid=UID):
    stamped_at = STAMPED_AT + timedelta(hours=revision)
    return shared_invite(session, method).for_attendee(
        uid=uid, name="Ann Lee", email="ann@example.org", revision=revision, stamped_at=stamped_at
    )


def moved_by(days):
    return replace(
        FEEDING, starts_at=FEEDING.starts_at + timedelta(days=days), ends_at=FEEDING.ends_at + timedelta(days=days)
    )


RENAMED = replace(moved_by(1), title="Another title")
INVITED, MOVED, CALLED_OFF = (
    mail(FEEDING, "REQUEST", 0),
    mail(moved_by(7), "REQUEST", 1),
    mail(moved_by(7), "CANCEL", 2),
)
COURSES = {
    "moved": [INVITED, MOVED],
    "moved and called off": [INVITED, MOVED, CALLED_OFF],
    "moved, renamed, left, joined again": [
        INVITED,
        MOVED,
        CALLED_OFF,
        mail(moved_by(1), "REQUEST", 3),
        mail(RENAMED, "REQUEST", 4),
    ],
}
ENDS = {
    "moved": {UID: (moved_by(7).starts_at, FEEDING.title, "mailto:webinars@hub.example.org")},
    "moved and called off": {},
    "moved, renamed, left, joined again": {
        UID: (moved_by(1).starts_at, "Another title", "mailto:webinars@hub.example.org")
    },
}


@pytest.mark.parametrize("course", COURSES)
def test_every_order_of_arrival_and_every_repetition_end_alike(course):
    orders = list(permutations(COURSES[course]))
    for order in orders:
        calendar = ReadersCalendar()
        for message in [*order, *order]:
            calendar.receive(message)
        assert calendar.entries == ENDS[course]
    assert len(orders) in {2, 6, 120}


def test_cancelling_one_session_leaves_the_next_one_alone():
    other_uid = session_uid("ses_9La3", "reg_Qx71", HOST)
    calendar = ReadersCalendar()
    for message in (INVITED, mail(RENAMED, "REQUEST", 0, other_uid), MOVED, CALLED_OFF):
        calendar.receive(message)
    assert list(calendar.entries) == [other_uid]
