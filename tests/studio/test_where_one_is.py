"""The bar and the tabs say where one is, on every page below as well; no two places share an icon."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.building import KEY
from webinar_hub.web.studio.navigation import BAR

_CURRENT = re.compile(r'aria-current="(page|true)">(?:<svg.*?</svg>)?([^<]+)</a>', re.S)


@pytest.mark.parametrize(
    ("page", "marked"),
    [
        ("/studio/today", [("page", "Today")]),
        ("/studio/people/1", [("true", "People")]),
        ("/studio/mails", [("true", "Messages")]),
        ("/studio/mails/reminder", [("true", "Messages")]),
        ("/studio/settings/transport", [("true", "Settings")]),
        ("/studio/webinars/new", [("true", "Webinars")]),
        ("/studio/webinars/baby-massage/mails", [("true", "Webinars")]),
        (f"/studio/cohorts/{KEY}/messages", [("true", "Webinars"), ("page", "Messages")]),
        (f"/studio/cohorts/{KEY}/people/import", [("true", "Webinars"), ("true", "People")]),
        (f"/studio/cohorts/{KEY}/announcements/new", [("true", "Webinars"), ("true", "Messages")]),
        (f"/studio/cohorts/{KEY}/timeline/move", [("true", "Webinars"), ("true", "Timeline")]),
    ],
)
def test_the_place_is_marked(
    app: Flask, owner: FlaskClient, three: str, page: str, marked: list[tuple[str, str]]
) -> None:
    assert _CURRENT.findall(owner.get(page).text) == marked


def test_every_place_has_an_icon_of_its_own(owner: FlaskClient, cohort: str) -> None:
    bar = owner.get("/studio/webinars").text.partition('class="studio-links"')[2].partition("</ul>")[0]
    icons = re.findall(r"<svg.*?</svg>", bar, re.S)
    assert len(icons) == len(set(icons)) == len(BAR)
