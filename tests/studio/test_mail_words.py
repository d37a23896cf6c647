"""Organizers' own words for mails: saved, refused, compared, taken back, and sent by the real worker."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import given_cohort, outbox, sign_up
from tests.counting import counting
from tests.delivering import deliver
from tests.studio.forms import press
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import db
from webinar_hub.models import AuditEntry, MailWording, Notice
from webinar_hub.rules.staff import Role

ALL = "/studio/mails"
ITS = "/studio/webinars/baby-massage/mails"
WORDS = {"subject": "Welcome to {webinar}", "body": "Dear {name},\n\nyou are **in**. See [your page]({my_page})."}


def save(client: FlaskClient, page: str, **typed: Any) -> Any:
    return press(client, client.get(page), page, **(WORDS | typed))


def test_every_kind_is_listed_as_it_came(owner: FlaskClient, cohort: str) -> None:
    for page in (ALL, ITS):
        answer = owner.get(page)
        assert answer.status_code == 200
        assert answer.text.count("as it came") == 18


def test_saved_words_are_what_the_worker_sends(app: Flask, owner: FlaskClient, cohort: str) -> None:
    assert save(owner, f"{ITS}/confirmation").status_code == 303
    sign_up(app, cohort, name="Ann Lee")
    mail = deliver(app)[0]
    assert mail.subject == "Welcome to Baby massage & you"
    assert "Dear Ann Lee,\n\nyou are in. See your page (http" in mail.text.replace("\r", "")
    assert "It is good to have you with us" not in mail.text
    assert "YOUR DATES" in mail.text
    assert mail.invites
    assert "your words" in owner.get(ITS).text


def test_a_webinars_words_go_before_those_for_all(
    app: Flask, owner: FlaskClient, cohort: str, tmp_path: Path
) -> None:
    other = given_cohort(
        app, tmp_path, {'key = "january"': 'key = "june"', 'slug = "baby-massage"': 'slug = "feeding"'}
    )
    save(owner, f"{ALL}/confirmation", subject="For all")
    save(owner, f"{ITS}/confirmation", subject="For one")
    sign_up(app, cohort)
    sign_up(app, other, "bea@x.example", "Bea")
    assert [mail.subject for mail in deliver(app)][:2] == ["For one", "For all"]
    press(owner, owner.get(f"{ITS}/confirmation"), f"{ITS}/confirmation/revert", number="0")
    sign_up(app, cohort, "cleo@x.example", "Cleo")
    assert deliver(app)[0].subject == "For all"
    assert "as for all webinars" in owner.get(ITS).text


def test_versions_are_kept_compared_and_put_back(app: Flask, owner: FlaskClient, cohort: str) -> None:
    page = f"{ITS}/reminder"
    save(owner, page, subject="One", body="First line.")
    save(owner, page, subject="Two", body="Second line.")
    seen = owner.get(f"{page}?compare=1").text
    assert "<del>− First line.</del>" in seen
    assert "<ins>+ Second line.</ins>" in seen
    assert press(owner, owner.get(page), f"{page}/revert", number="1").status_code == 303
    assert 'value="One"' in owner.get(page).text
    assert press(owner, owner.get(page), f"{page}/revert", number="77").status_code == 404
    with app.app_context():
        rows = db.session.scalars(select(MailWording).order_by(MailWording.number)).all()
        assert [(row.number, row.subject, row.written_by) for row in rows] == [
            (1, "One", 1),
            (2, "Two", 1),
            (3, "One", 1),
        ]
        last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last.detail == {
            "before": {"subject": "Two", "body": "Second line."},
            "after": {"subject": "One", "body": "First line."},
        }


def test_two_who_change_the_same_words_are_told(owner: FlaskClient, cohort: str) -> None:
    page = f"{ITS}/live"
    seen = owner.get(page)
    press(owner, seen, page, subject="A", body="First.")
    second = press(owner, seen, page, subject="B", body="Second.")
    assert second.status_code == 409
    assert "What is stored now" in second.text
    assert "First." in second.text
    assert "Second." in second.text
    assert press(owner, second, page, subject="B", body="Second.").status_code == 303
    assert press(owner, seen, f"{page}/revert", number="0").status_code == 409


HOSTILE = (
    "{{7*7}}",
    "{{ config }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "{name.__class__}",
    "{name!r}",
    "{0}",
    "{name:>99999999}",
    "{}",
    "{ name }",
    "{NAME}",
    "{unknown}",
    "}{",
    "{name",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_no_placeholder_is_refused_with_its_line_and_never_evaluated(
    app: Flask, owner: FlaskClient, cohort: str, hostile: str
) -> None:
    page = f"{ITS}/confirmation"
    answer = save(owner, page, body=f"Hello\n\nthere {hostile}")
    assert answer.status_code == 422
    assert "Line 3:" in answer.text
    assert save(owner, page, subject=hostile).status_code == 422
    shown = press(owner, owner.get(page), f"{page}/preview", subject="Hi", body=hostile)
    assert "Please look at this first" in shown.text
    assert press(owner, owner.get(page), f"{page}/test", subject="Hi", body=hostile).status_code == 422
    with app.app_context():
        assert db.session.scalars(select(MailWording)).all() == []
        assert db.session.scalars(select(Notice)).all() == []


def test_scripts_and_titles_full_of_markdown_stay_text(app: Flask, owner: FlaskClient, tmp_path: Path) -> None:
    title = "Baby *massage* [x](https://evil.example) {name} <script>"
    cohort = given_cohort(app, tmp_path, {'title = "Baby massage & you"': f'title = "{title}"'})
    save(
        owner,
        f"{ITS}/confirmation",
        body="{webinar} <script>alert(1)</script> [a](javascript:alert) ![p](https://t.example/p.png) \\{safe\\}",
    )
    sign_up(app, cohort, name="Ann {webinar} {{7*7}}")
    mail = deliver(app)[0]
    html = mail.message.get_body(("html",)).get_content()
    note = html.partition('class="note"')[2].partition("</div>")[0]
    assert "<script" not in html
    assert "javascript:" not in note.replace("(javascript:alert)", "")
    assert "evil.example&quot;" not in note
    assert 'href="https://evil.example' not in note
    assert "<em>massage" not in note
    assert "<img" not in note
    assert "{safe}" in note
    assert "49" not in note


def test_a_name_is_hers_alone_and_letters_are_still_shared(
    app: Flask, owner: FlaskClient, cohort: str, travel: Traveller
) -> None:
    save(owner, f"{ITS}/confirmation")
    for number in range(5):
        sign_up(app, cohort, f"p{number}@x.example", f"Person {number}")
    before = app.extensions["composer"].rendered_letters()
    mails = deliver(app)
    # One letter for all confirmations, one for all invites to the second session.
    assert app.extensions["composer"].rendered_letters() == before + 2
    assert all(f"Dear Person {number}," in mail.text for number, mail in enumerate(mails[:5]))


@pytest.mark.parametrize("people", [1, 3, 20])
def test_changed_words_cost_one_statement_a_batch_and_unchanged_ones_none(
    app: Flask, owner: FlaskClient, cohort: str, people: int
) -> None:
    def about_words(statements: list[str]) -> list[str]:
        return [one for one in statements if one.startswith("SELECT mail_wordings")]

    for number in range(people):
        sign_up(app, cohort, f"p{number}@x.example")
    with counting(app) as statements:
        deliver(app)
    assert about_words(statements) == []
    save(owner, f"{ITS}/confirmation")
    for number in range(people):
        sign_up(app, cohort, f"q{number}@x.example")
    with counting(app) as statements:
        deliver(app)
    # One for each batch of at most twenty, and each other stretch of it.
    assert len(about_words(statements)) == len(
        [s for s in statements if "FROM cohorts" in s and "mail_wordings" in s]
    )


def test_words_it_came_with_are_not_found_fault_with(owner: FlaskClient, cohort: str) -> None:
    page = f"{ITS}/reminder"
    assert "hardly any text" not in press(owner, owner.get(page), f"{page}/check", subject="", body="").text
    assert "hardly any text" in press(owner, owner.get(page), f"{page}/check", subject="Hi", body="Come.").text


def test_the_preview_is_the_mail_with_a_registrants_name_and_zone(
    app: Flask, owner: FlaskClient, cohort: str
) -> None:
    sign_up(app, cohort, name="Ann Lee", zone="America/Los_Angeles")
    page = f"{ITS}/reminder"
    typed = {"subject": "{time_left}: {session}", "body": "Dear {name}, {when}: [in]({join_link})", "as": "1"}
    html = press(owner, owner.get(page), f"{page}/preview", **typed)
    assert "Dear Ann Lee, Tue 8 December, 7:00 pm in New York: 4:00 pm for you" in html.text
    assert "/me/preview/join/" in html.text
    assert html.headers["Content-Security-Policy"].startswith("sandbox allow-popups; default-src 'none'")
    text = press(owner, owner.get(page), f"{page}/preview", **typed, as_text="y")
    assert "Subject: Tomorrow: Cues" in text.text
    # Without words of her own, the mail as it came.
    assert "We look forward to seeing you" in press(owner, owner.get(page), f"{page}/preview").text


@pytest.mark.parametrize(
    "kind",
    ["confirmation", "invite", "reminder", "live", "drop", "thank_you", "session_changed", "session_added",
     "session_cancelled", "cohort_cancelled", "registration_cancelled", "waitlisted", "offer", "offer_over",
     "waitlist_left", "waitlist_over", "applied", "declined"],
)  # fmt: skip
def test_every_kind_has_its_page_its_preview_and_its_test(
    app: Flask, owner: FlaskClient, cohort: str, kind: str
) -> None:
    for page in (f"{ALL}/{kind}", f"{ITS}/{kind}"):
        assert owner.get(page).status_code == 200
        for typed in ({}, {"subject": "Mine", "body": "Dear {name}, in my words."}):
            shown = press(owner, owner.get(page), f"{page}/preview", **typed).text
            assert ("in my words" in shown) == bool(typed), shown[:300]
            assert "nothing yet that this mail" not in shown
            assert "/offer/" not in shown, "what can be looked at cannot be answered"
    words = WORDS | {"body": "Dear {name}, you are in."}
    assert press(owner, owner.get(f"{ITS}/{kind}"), f"{ITS}/{kind}/test", **words).status_code == 200
    with app.app_context():
        assert db.session.scalars(select(Notice)).one().subject == "[TEST] Welcome to Baby massage & you"
    assert len(outbox(app, kind="notice")) == 1


def test_only_words_of_ones_own_are_advised_on(owner: FlaskClient, cohort: str) -> None:
    page = f"{ITS}/confirmation"
    checked = {
        body: press(owner, owner.get(page), f"{page}/check", subject="Hello", body=body).text
        for body in ("", "Too short")
    }
    assert "hardly any text" not in checked[""]
    assert "hardly any text" in checked["Too short"]


def test_unknown_kinds_are_not_there(owner: FlaskClient, cohort: str) -> None:
    for kind in ("announcement", "calendar_cancel", "nothing", "%00"):
        assert owner.get(f"{ITS}/{kind}").status_code == 404
        for verb in ("preview", "test", "revert", "check"):
            assert press(owner, owner.get(ALL), f"{ITS}/{kind}/{verb}", **WORDS).status_code == 404


def test_the_words_for_all_are_for_those_who_look_after_all(app: Flask, cohort: str) -> None:
    hers = signed_in(app, given_staff(app, Role.ORGANIZER, slug="baby-massage"))
    assert hers.get(ALL).status_code == 403
    assert hers.get(f"{ALL}/reminder").status_code == 403
    assert hers.get(ITS).status_code == 200
    assert save(hers, f"{ITS}/reminder").status_code == 303
    assert press(hers, hers.get(f"{ITS}/reminder"), f"{ALL}/reminder", **WORDS).status_code == 403
