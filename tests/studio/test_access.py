"""Every page of the studio names who may open it, and whoever may not is refused: routes times roles."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.building import KEY
from tests.studio.staff import given_staff, signed_in
from webinar_hub.rules.staff import PERMITS, Permission, Role
from webinar_hub.web.studio.access import PREFIX

EXAMPLES = {"cohort": KEY, "webinar": "baby-massage"}


def studio_rules(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(PREFIX))


def address(app: Flask, rule: Rule) -> str:
    """An address of the route; what is not a cohort or webinar is something that does not exist."""
    values = {name: EXAMPLES.get(name, "1") for name in rule.arguments}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method=method(rule))


def method(rule: Rule) -> str:
    return "GET" if "GET" in (rule.methods or ()) else "POST"


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


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_it_permits_and_nothing_else(app: Flask, cohort: str, role: Role) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = signed_in(app, given_staff(app, role))
    for rule in studio_rules(app):
        permission = app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]
        if isinstance(permission, Permission):
            answer = client.open(address(app, rule), method=method(rule), buffered=True)
            assert (answer.status_code != 403) == (permission in PERMITS[role]), (rule, answer.status_code)


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
