"""What the sign-up form takes, refuses and keeps; the whole way through the app is tested elsewhere."""

from typing import Any

import pytest
from flask import Flask, request
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import ImmutableMultiDict

from webinar_hub.rules.house import NEWS_WORDS
from webinar_hub.services.registrations import SignUp
from webinar_hub.web.forms.sign_up import STALE, SignUpForm, is_by_robot, read

GOOD = {
    "name": "  Ann   Rivera ",
    "email": "ann@x.example",
    "profession": "OT",
    "zone": "America/Los_Angeles",
    "leave_empty": "",
}


def filled(app: Flask, *, with_token: bool = True, **changes: Any) -> tuple[SignUpForm, bool]:
    with app.test_request_context("/", method="POST", data=GOOD | changes):
        if with_token:
            # The token is signed for this session, so it can only be made inside the request.
            token = generate_csrf()
            request.form = ImmutableMultiDict([*request.form.items(), ("csrf_token", token)])
        form = SignUpForm()
        is_right = form.validate()
        # What needs no form to be shown again passes the same checks.
        assert (read(request.form, page="/") is not None) == is_right
        return form, is_right


def taken(app: Flask, page: str = "/", **changes: Any) -> SignUp:
    with app.test_request_context("/", method="POST", data=GOOD | changes):
        token = generate_csrf()
        wanted = read(request.form | {"csrf_token": token}, page=page)
        assert wanted is not None
        return wanted


@pytest.mark.parametrize(
    "address",
    [
        "ann@x.example",
        "Ann.Rivera+list@clinic.test",
        "a@b.co",
        "ann@b\u00fccher.example",
        "A@X.EXAMPLE",
        " ann@x.example ",
    ],
)
def test_an_address_that_mail_can_reach_is_taken(app: Flask, address: str) -> None:
    form, is_right = filled(app, email=address)
    assert is_right, form.errors


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "ann",
            "ann@",
            "a@b@c.example",
            "ann@x.example\r\nBcc: v@y.example",
            "ann@x.example\u2028",
            "a\x00@x.example",
        ),
        *('"a b"@x.example', "ann@[127.0.0.1]", "ann@x.example.", "\u0430nn@x.example", "ann(comment)@x.example"),
        f"{'a' * 250}@x.example",
    ],
)
def test_anything_else_is_refused_beside_the_field(app: Flask, address: str) -> None:
    form, is_right = filled(app, email=address)
    assert not is_right
    assert list(form.errors) == ["email"]


@pytest.mark.parametrize(
    "name", ["", "   ", "Ann\r\nBcc: v@y.example", "Ann\x00", "Ann\u2028Bcc", "Ann\u202e", "n" * 121]
)
def test_a_name_is_one_line_of_visible_characters(app: Flask, name: str) -> None:
    form, is_right = filled(app, name=name)
    assert not is_right
    assert list(form.errors) == ["name"]


@pytest.mark.parametrize(
    "name",
    [
        "Zo\u00eb Nu\u00f1ez",
        "\u674e\u5c0f\u9f99",
        "O'Brien-Smith, Jr.",
        "<b>Ann</b>",
        "\u0622\u0631\u0634\u200c\u0646\u0627\u0632",
    ],
)
def test_names_of_the_world_are_taken(app: Flask, name: str) -> None:
    assert filled(app, name=name)[1]
    assert taken(app, name=name).name == name


@pytest.mark.parametrize(
    ("field", "value"), [("profession", "astronaut"), ("profession", ""), ("zone", "Mars/Base"), ("zone", "../etc")]
)
def test_only_what_is_offered_can_be_chosen(app: Flask, field: str, value: str) -> None:
    form, is_right = filled(app, **{field: value})
    assert not is_right
    assert list(form.errors) == [field]
    assert all(message.startswith("Choose") for message in form.errors[field])


def test_an_older_name_of_a_zone_is_taken_as_browsers_send_it(app: Flask) -> None:
    form, is_right = filled(app, zone="Asia/Calcutta")
    assert is_right, form.errors
    form.offer_zones("America/New_York")
    assert "Asia/Calcutta" in [choice.value for choice in form.zone.iter_choices()]


def test_what_was_typed_reaches_the_service_in_order(app: Flask) -> None:
    assert taken(app, "/w/calm-hands", zone="", news="y") == SignUp(
        name="Ann Rivera",
        email="ann@x.example",
        profession="OT",
        zone="",
        news_words=NEWS_WORDS,
        bonus_words="",
        page="/w/calm-hands",
    )


def test_news_are_only_for_who_asks_for_them(app: Flask) -> None:
    assert taken(app).news_words == ""


def test_a_stale_token_is_said_kindly_and_nothing_typed_is_lost(app: Flask) -> None:
    form, is_right = filled(app, with_token=False)
    assert not is_right
    assert form.problem == STALE
    assert form.email.data == "ann@x.example"


def test_a_robot_gives_itself_away() -> None:
    assert is_by_robot({"leave_empty": "cheap pills"})
    assert not is_by_robot({"leave_empty": ""})
