"""Every page of the studio names who may open it, and whoever may not is refused: routes times roles."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.building import KEY
from tests.studio.staff import given_staff, signed_in
from tests.web.visiting import contents
from webinar_hub.rules.staff import EVERYWHERE_ONLY, PERMITS, Permission, Role
from webinar_hub.web.studio.access import PREFIX

EXAMPLES = {"cohort": KEY, "webinar": "baby-massage", "way": "link"}


def studio_rules(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(PREFIX))


def address(app: Flask, rule: Rule) -> str:
    """An address of the route; what is not a cohort or webinar is something that does not exist."""
    values = {name: EXAMPLES.get(name, "1") for name in rule.arguments}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method=method(rule))


def method(rule: Rule) -> str:
    return "GET" if "GET" in (rule.methods or ()) else "POST"


def of_the_library(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("security.")]


# What Flask-Security opens before anybody is known; each leads to nothing but the way in.
BEFORE_SIGNING_IN = {
    "security.login",
    "security.logout",
    "security.two_factor_token_validation",
    "security.two_factor_setup",
    "security.two_factor_rescue",
    "security.tf_select",
    "security.mf_recovery",
    "security.wan_signin",
    "security.wan_signin_response",
}


def test_every_page_names_its_permission(app: Flask) -> None:
    unnamed = [r.endpoint for r in studio_rules(app) if not hasattr(app.view_functions[r.endpoint], "permission")]
    assert unnamed == []


def test_nobody_comes_in_without_signing_in(app: Flask, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    for rule in studio_rules(app):
        if app.view_functions[rule.endpoint].permission is None:  # type: ignore[attr-defined]
            continue
        answer = app.test_client().open(address(app, rule), method=method(rule))
        assert answer.status_code == 303, rule
        assert "/studio/sign-in" in answer.headers["Location"], rule


def test_the_library_lets_nobody_in_without_signing_in(app: Flask, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    for rule in of_the_library(app):
        for way in sorted((rule.methods or set()) & {"GET", "POST"}):
            client = app.test_client()
            answer = client.open(address(app, rule), method=way)
            assert answer.status_code < 400, rule
            assert client.get("/studio/webinars").status_code == 303, rule
            if rule.endpoint not in BEFORE_SIGNING_IN:
                assert "/studio/sign-in" in answer.headers["Location"], rule


def test_the_library_has_no_other_pages(app: Flask) -> None:
    """A new version of it may bring more: they have to be looked at first."""
    assert {rule.endpoint for rule in of_the_library(app)} == BEFORE_SIGNING_IN | {
        "security.verify",
        "security.change_password",
        "security.two_factor_setup_validate",
        "security.mf_recovery_codes",
        "security.wan_register",
        "security.wan_register_response",
        "security.wan_delete",
        "security.wan_verify",
        "security.wan_verify_response",
    }


def test_every_page_of_the_library_is_drawn_by_us(app: Flask, travel: object) -> None:
    """Its own pages would look like another product, and load scripts that the policy refuses."""
    client = signed_in(app, given_staff(app))
    visitor = app.test_client()
    for rule in of_the_library(app):
        if "GET" in (rule.methods or ()):
            for browser in (client, visitor):
                page = browser.get(address(app, rule), follow_redirects=True)
                assert page.status_code == 200, rule
                assert "css/studio" in page.text, rule
                assert "fs-static" not in page.text, rule


@pytest.mark.parametrize("role", Role)
def test_the_installation_belongs_to_whoever_has_her_role_for_all(app: Flask, cohort: str, role: Role) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = signed_in(app, given_staff(app, role, slug="baby-massage"))
    for rule in studio_rules(app):
        permission = app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]
        if permission in EVERYWHERE_ONLY:
            answer = client.open(address(app, rule), method=method(rule))
            assert answer.status_code == 403, rule


# A role in single webinars is none in those that do not exist yet.
MAKES_A_WEBINAR = ("studio_webinars.copy", "studio_webinars.save_copy")


@pytest.mark.parametrize("role", Role)
def test_a_role_for_one_webinar_opens_that_one(app: Flask, cohort: str, role: Role) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = signed_in(app, given_staff(app, role, slug="baby-massage"))
    for rule in studio_rules(app):
        permission = app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]
        if rule.endpoint in MAKES_A_WEBINAR:
            continue
        if isinstance(permission, Permission) and rule.arguments & {"cohort", "webinar"}:
            answer = client.open(address(app, rule), method=method(rule), buffered=True)
            granted = permission in PERMITS[role] - EVERYWHERE_ONLY
            assert (answer.status_code != 403) == granted, (rule, answer.status_code)


@pytest.mark.parametrize("number", ["2147483648", "9" * 25])
def test_an_id_no_row_can_have_is_no_page(app: Flask, cohort: str, number: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = signed_in(app, given_staff(app))
    for rule in studio_rules(app):
        if "<int" in rule.rule:
            numbered = re.sub(r"<int[^>]*>", number, rule.rule)
            there = re.sub(r"<(\w+)>", lambda one: EXAMPLES.get(one[1], "1"), numbered)
            # Where another page has a word in this place, it is that one which cannot be posted to.
            assert client.open(there, method=method(rule)).status_code in (404, 405), rule


def test_looking_changes_nothing(app: Flask, cohort: str) -> None:
    """GET and HEAD of every page, by an owner: each table stays as it is."""
    client = signed_in(app, given_staff(app))
    before = contents(app)
    for rule in studio_rules(app):
        for way in sorted((rule.methods or set()) & {"GET", "HEAD"}):
            client.open(address(app, rule), method=way).close()
    assert contents(app) == before


def test_every_form_that_posts_carries_its_token(app: Flask, cohort: str) -> None:
    client = signed_in(app, given_staff(app))
    for rule in [*studio_rules(app), *of_the_library(app)]:
        if "GET" in (rule.methods or ()):
            answer = client.get(address(app, rule), buffered=True)
            if answer.mimetype == "text/html":
                forms = re.findall(r"<form\b[^>]*method=\"post\".*?</form>", answer.text, re.S | re.I)
                # A form with files says it in its address: it is looked at before the files are taken.
                assert all('name="csrf_token"' in form or "csrf_token=" in form for form in forms), rule


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_it_permits_and_nothing_else(app: Flask, cohort: str, role: Role) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = signed_in(app, given_staff(app, role))
    for rule in studio_rules(app):
        permission = app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]
        if isinstance(permission, Permission):
            answer = client.open(address(app, rule), method=method(rule), buffered=True)
            assert (answer.status_code != 403) == (permission in PERMITS[role]), (rule, answer.status_code)
            assert answer.status_code < 500, rule


def test_somebody_elses_webinar_is_not_there(app: Flask, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    organizer = given_staff(app, Role.ORGANIZER, slug="baby-massage")
    with app.app_context():
        from webinar_hub.core.db import db, transaction
        from webinar_hub.models import Cohort, Webinar

        with transaction():
            other = Webinar(
                slug="other",
                title="Other",
                summary="",
                description="",
                credit="",
                created_at=db.session.get_one(Webinar, 1).created_at,
            )
            db.session.add(other)
            db.session.flush()
            db.session.get_one(Cohort, 1).webinar_id = other.id
    client = signed_in(app, organizer)
    for rule in studio_rules(app):
        if "cohort" in rule.arguments:
            assert client.open(address(app, rule), method=method(rule)).status_code == 404, rule
