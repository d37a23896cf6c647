"""The dashboard and the alerts ask only for figures that exist, and the page on watching names them all."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

ROOT = Path(__file__).parent.parent
WATCHING = (ROOT / "docs" / "watching.md").read_text(encoding="utf-8")
DASHBOARD: dict[str, Any] = json.loads((ROOT / "docs" / "grafana-dashboard.json").read_text(encoding="utf-8"))
NAME = re.compile(r"webinar_hub_[a-z_]+")


@pytest.fixture
def families(app: Flask) -> set[str]:
    """The names a scrape holds, those included that have no value yet."""
    page = app.test_client().get("/metrics").text
    names = set(re.findall(r"^# TYPE (webinar_hub_\w+)", page, re.MULTILINE))
    return names | {f"{name}_bucket" for name in names}


def test_the_dashboard_can_be_drawn() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    spots = [(x, y) for panel in panels for x, y in _spots(**panel["gridPos"])]
    assert len(set(spots)) == len(spots), "no panel lies on another"
    for panel in panels:
        assert panel["title"]
        assert panel["description"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert all(target["expr"].count("(") == target["expr"].count(")") for target in panel["targets"])


def test_every_panel_is_explained() -> None:
    explained = re.findall(r"^\| ([A-Z][^|]+?) \| \S", WATCHING, re.MULTILINE)
    assert [panel["title"] for panel in DASHBOARD["panels"]] == explained


def test_dashboard_and_alerts_ask_for_what_there_is(families: set[str]) -> None:
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    asked = {name for text in (*expressions, WATCHING) for name in NAME.findall(text)}
    assert asked <= families, asked - families
    drawn = {name.removesuffix("_bucket") for text in expressions for name in NAME.findall(text)}
    assert {name for name in families if not name.endswith(("_bucket", "_created"))} == drawn, (
        "all of them are drawn"
    )


def _spots(x: int, y: int, w: int, h: int) -> list[tuple[int, int]]:
    return [(column, row) for column in range(x, x + w) for row in range(y, y + h)]
