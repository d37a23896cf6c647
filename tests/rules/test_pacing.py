"""How fast mail may leave: slots, lines, the day's quota; decided on numbers alone."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.rules.pacing import (
    AHEAD,
    DAY,
    HOUR,
    MAIL,
    TODAY,
    Admission,
    AtTheDoor,
    Bucket,
    Limits,
    admit,
    domain_of,
    row_of,
    rows_needed,
    take_slot,
)

NOW = 1_800_000_000.0
GMAIL = row_of("gmail.com")
numbers = count(1)


def mail(domain: str = "x.example", priority: int = 1, *, urgent: bool = False, waited: bool = False) -> AtTheDoor:
    return AtTheDoor(next(numbers), domain, priority, urgent, waited)


def decide(mails: list[AtTheDoor], limits: Limits, buckets: dict[str, Bucket], now: float = NOW) -> Admission:
    for name in rows_needed(mails, limits):
        buckets.setdefault(name, Bucket())
    return admit(mails, buckets, limits, now)


@given(rate=st.floats(0.1, 500), burst=st.integers(1, 50), rests=st.lists(st.floats(0, 30), max_size=60))
def test_in_no_stretch_of_time_more_mails_leave_than_rate_and_burst_allow(
    rate: float, burst: int, rests: list[float]
) -> None:
    bucket, now, left = Bucket(), NOW, []
    for rest in rests:
        now += rest
        left.append(max(now, take_slot(bucket, rate, burst, now)))
    for first, begin in enumerate(left):
        for number, end in enumerate(left[first:], 1):
            assert number <= burst + rate * (end - begin) + 1e-3


def test_slots_follow_one_another_at_the_rate() -> None:
    mails = [mail() for _ in range(12)]
    admission = decide(mails, Limits(rate=10), {})
    assert [round(admission.go[item.id] - NOW, 3) for item in mails] == [round(n / 10, 3) for n in range(12)]


def test_nobody_takes_a_slot_that_is_far_away() -> None:
    mails = [mail() for _ in range(100)]
    admission = decide(mails, Limits(rate=10), {})
    assert len(admission.go) == pytest.approx(AHEAD * 10, abs=1)
    assert admission.back == [item.id for item in mails[len(admission.go) :]]
    assert admission.full_until == pytest.approx(NOW + 0.1, abs=0.1)


def test_what_one_person_waits_for_goes_at_once_and_uses_up_slots() -> None:
    buckets = {MAIL: Bucket(NOW + 100)}
    hurry, bulk = mail(priority=0, urgent=True), mail()
    admission = decide([hurry, bulk], Limits(rate=10, domains={"*": 1}), buckets)
    assert admission.go == {hurry.id: NOW}
    assert buckets[MAIL].next_at == pytest.approx(NOW + 100.1)


def test_a_domains_mails_stand_in_line_and_hold_up_nobody_else() -> None:
    gmail, others = [mail("gmail.com") for _ in range(50)], [mail() for _ in range(50)]
    admission = decide([*gmail, *others], Limits(domains={"gmail.com": 5}), {})
    assert all(item.id in admission.go for item in others)
    assert sum(item.id in admission.go for item in gmail) == pytest.approx(AHEAD * 5, abs=1)
    moments = [(admission.go | admission.again)[item.id] - NOW for item in gmail]
    assert [round(moment, 3) for moment in moments] == [round(n / 5, 3) for n in range(50)]


def test_a_star_gives_every_other_domain_a_bucket_of_its_own() -> None:
    mails = [mail(f"d{number % 3}.example") for number in range(9)]
    admission = decide(mails, Limits(domains={"*": 1}), {})
    assert Counter(round(slot - NOW) for slot in admission.go.values()) == {0: 3, 1: 3, 2: 3}


def test_who_comes_new_does_not_push_in() -> None:
    buckets = {GMAIL: Bucket(0.0, 0, {"1": NOW + 60})}
    new, in_turn = mail("gmail.com"), mail("gmail.com", waited=True)
    admission = decide([new, in_turn], Limits(domains={"gmail.com": 5}), buckets)
    assert list(admission.go) == [in_turn.id]
    assert admission.again == {new.id: NOW + 60}


def test_a_reminder_passes_the_drops_that_wait_for_the_same_domain() -> None:
    limits, buckets = Limits(domains={"gmail.com": 5}), {GMAIL: Bucket()}
    decide([mail("gmail.com", 2) for _ in range(10_000)], limits, buckets)
    reminders = [mail("gmail.com", 1) for _ in range(50)]
    admission = decide(reminders, limits, buckets, NOW + 60)
    ends = max(admission.again.values())
    assert ends < NOW + 60 + 50 / 5 + AHEAD
    drop = mail("gmail.com", 2, waited=True)
    assert decide([drop], limits, buckets, NOW + 61).again[drop.id] > ends, "the drops wait until they are done"


def test_a_line_of_a_million_is_worked_off_at_the_rate_and_each_is_looked_at_few_times() -> None:
    """Two kinds of mail, an outage in between: played through second by second with a short line."""
    limits, buckets = Limits(domains={"gmail.com": 5}), {GMAIL: Bucket()}
    due = {item.id: (NOW, item) for item in [mail("gmail.com", 2) for _ in range(1500)]}
    looks: Counter[int] = Counter()
    now, sent = NOW, 0
    while due and now < NOW + 1000:
        if not NOW + 100 < now < NOW + 160:
            if round(now - NOW) == 200:
                due |= {item.id: (now, item) for item in [mail("gmail.com", 1) for _ in range(100)]}
            here = sorted(
                (item for at, item in due.values() if at <= now), key=lambda item: (item.priority, item.id)
            )
            looks.update(item.id for item in here)
            admission = decide(here, limits, buckets, now)
            for id_, turn in admission.again.items():
                item = due[id_][1]
                due[id_] = (turn, AtTheDoor(id_, item.domain, item.priority, False, True))
            for id_ in admission.go:
                del due[id_]
                sent += 1
        now += 1
    assert sent == 1600
    # 320 s for 1,600 mails at 5 a second, and the outage.
    assert now - NOW < 320 + 60 + 15
    assert sum(looks.values()) / 1600 < 3


def test_of_a_day_a_tenth_is_kept_for_single_persons() -> None:
    limits, buckets = Limits(daily=100), {}
    assert len(decide([mail() for _ in range(200)], limits, buckets).go) == 90
    assert len(decide([mail(priority=0, urgent=True) for _ in range(20)], limits, buckets).go) == 10
    last = decide([mail(priority=0, urgent=True)], limits, buckets)
    assert last.go == {}
    assert last.nothing_left
    assert NOW + DAY <= last.more_at <= NOW + DAY + HOUR
    assert buckets[TODAY].used == 100
    assert decide([mail()], limits, buckets, last.more_at - 1).go == {}
    assert len(decide([mail() for _ in range(200)], limits, buckets, last.more_at).go) == 90


@given(st.lists(st.tuples(st.floats(0, 8 * HOUR), st.integers(0, 60)), max_size=40))
def test_in_no_24_hours_more_go_than_a_day_allows(steps: list[tuple[float, int]]) -> None:
    """Providers count the last 24 hours, whatever the date is."""
    limits, buckets, now, went = Limits(daily=100), {}, NOW, []
    for rest, mails in steps:
        now += rest
        went += [now] * len(decide([mail(priority=0) for _ in range(mails)], limits, buckets, now).go)
    for begin in went:
        assert sum(begin <= moment < begin + DAY for moment in went) <= 100


def test_where_nothing_is_limited_no_row_is_needed() -> None:
    assert rows_needed([mail(), mail("gmail.com")], Limits()) == []
    assert not Limits().any


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("ann@Gmail.COM", "gmail.com"),
        ("ann@bücher.example", "xn--bcher-kva.example"),
        ('"a@b"@x.example', "x.example"),
        ("ann@x.example.", "x.example"),
        ("", ""),
        ("ann@" + "ü" * 80 + ".example", "ü" * 80 + ".example"),
    ],
)
def test_a_domain_is_one_however_it_is_written(address: str, domain: str) -> None:
    assert domain_of(address) == domain
