"""What may be sent once more: a mail that would say what is not so is refused, in words."""

from dataclasses import replace

import pytest

from webinar_hub.rules.resending import Sendable, resend_refusal

SENT = Sendable(
    kind="invite", state="sent", place_state="confirmed", cohort_state="open", session_state="scheduled",
    session_over=False, anything_ahead=True, reminders_off=False, bonuses_off=False, mail_stopped=False,
)  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {}, {"state": "failed"}, {"state": "expired"}, {"kind": "drop", "session_state": ""},
        {"kind": "my_link", "place_state": "cancelled"},
        {"kind": "registration_cancelled", "place_state": "cancelled"},
        {"kind": "calendar_cancel", "session_state": "cancelled"},
        {"kind": "cohort_cancelled", "cohort_state": "cancelled"}, {"kind": "thank_you", "anything_ahead": False},
        {"kind": "invite", "reminders_off": True, "bonuses_off": True},
    ],
)  # fmt: skip
def test_what_is_still_so_is_sent_again(change: dict[str, object]) -> None:
    assert resend_refusal(replace(SENT, **change)) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "queued"}, "not gone out yet"),
        ({"mail_stopped": True}, "are stopped"),
        ({"place_state": "cancelled"}, "place is cancelled"),
        ({"kind": "registration_cancelled"}, "She has a place"),
        ({"kind": "calendar_cancel"}, "She has a place"),
        ({"session_state": "cancelled"}, "was cancelled"),
        ({"kind": "reminder", "session_over": True}, "is over"),
        ({"kind": "confirmation", "anything_ahead": False}, "is ahead"),
        ({"kind": "reminder", "reminders_off": True}, "ended these mails"),
        ({"kind": "drop", "bonuses_off": True}, "ended these mails"),
    ],
)
def test_what_is_not_so_any_more_is_refused(change: dict[str, object], words: str) -> None:
    assert words in resend_refusal(replace(SENT, **change))  # type: ignore[arg-type]
