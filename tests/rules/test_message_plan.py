"""The plan: what is sent when, from sessions and drops alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.rules.message_plan import DropFacts, MessageRules, SessionFacts, iso_duration, plan

START = datetime(2026, 12, 9, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LADDER = (7 * DAY, DAY, HOUR, timedelta(minutes=10))
ALL = MessageRules(reminders=LADDER, announces_live=True, thank_you_after=HOUR)


def session(number: int = 1, start: datetime = START, *, cancelled: bool = False) -> SessionFacts:
    return SessionFacts(number, start, start + HOUR, cancelled)


def test_a_session_is_announced_by_the_ladder_and_when_it_is_live() -> None:
    assert [(message.key, message.due_at) for message in plan(3, [session()], [], ALL)] == [
        ("session:1:reminder:-P7D", START - 7 * DAY),
        ("session:1:reminder:-P1D", START - DAY),
        ("session:1:reminder:-PT1H", START - HOUR),
        ("session:1:reminder:-PT10M", START - timedelta(minutes=10)),
        ("session:1:live", START),
        ("cohort:3:thank-you", START + 2 * HOUR),
    ]


def test_a_reminder_ends_when_the_next_one_is_due_and_the_last_at_the_start() -> None:
    messages = [message for message in plan(3, [session()], [], ALL) if message.kind == "reminder"]
    assert [message.expires_at for message in messages] == [*(message.due_at for message in messages[1:]), START]


def test_a_cancelled_session_is_not_spoken_of_and_does_not_hold_back_the_thanks() -> None:
    messages = plan(3, [session(), session(2, START + 7 * DAY, cancelled=True)], [], ALL)
    assert {message.session_id for message in messages if message.session_id} == {1}
    assert messages[-1].due_at == START + 2 * HOUR


def test_without_sessions_there_is_nobody_to_thank() -> None:
    assert plan(3, [session(cancelled=True)], [], ALL) == []


def test_a_drop_is_told_at_its_release() -> None:
    (message,) = plan(3, [], [DropFacts(5, START)], ALL)
    assert (message.key, message.kind, message.due_at, message.drop_id) == ("drop:5:release", "drop", START, 5)


def test_what_the_organizer_switched_off_is_not_sent() -> None:
    assert plan(3, [session()], [], MessageRules((), announces_live=False, thank_you_after=None)) == []


def test_spans_are_named_as_iso_8601_names_them() -> None:
    spans = [7 * DAY, DAY, HOUR, timedelta(minutes=10), DAY + 12 * HOUR, timedelta(minutes=90), timedelta(0)]
    assert [iso_duration(span) for span in spans] == ["P7D", "P1D", "PT1H", "PT10M", "P1DT12H", "PT1H30M", "PT0M"]


moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
sessions = st.lists(st.tuples(moments, st.booleans()), max_size=6).map(
    lambda drawn: [session(number, start, cancelled=gone) for number, (start, gone) in enumerate(drawn)]
)
leads = st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=30)), max_size=6).map(tuple)


@given(sessions, leads)
def test_no_reminder_outlives_its_session_and_every_key_is_used_once(
    drawn: list[SessionFacts], ladder: tuple[timedelta, ...]
) -> None:
    messages = plan(1, drawn, [], MessageRules(ladder, announces_live=True, thank_you_after=HOUR))
    ends = {facts.id: facts.ends_at for facts in drawn}
    assert all(m.due_at < m.expires_at for m in messages if m.kind != "reminder" or m.lead != timedelta(0))
    assert all(m.expires_at <= ends[m.session_id] for m in messages if m.session_id is not None)
    whole_minutes = {iso_duration(lead) for lead in ladder}
    if len(whole_minutes) == len(set(ladder)):
        assert len({message.key for message in messages}) == len(messages)
    assert messages == sorted(messages, key=lambda message: (message.due_at, message.key))
