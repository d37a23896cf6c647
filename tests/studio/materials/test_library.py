"""The library of a webinar: versions, a safe look at each, plain forms, and links."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller
from werkzeug.test import TestResponse

from tests.studio.materials.library import EVERYWHERE, LIBRARY, LIMIT, PDF, drop_of, rows, send, versions
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, Cohort, Drop, DropMaterial, Material, MaterialVersion
from webinar_hub.worker.tidying import remove_loose_files


class TestVersions:
    def sheet(self, app: Flask) -> str:
        return f"{LIBRARY}/{rows(app, Material, key='sheet')[0].id}"

    def replace(
        self, app: Flask, owner: FlaskClient, csrf: str, content: bytes, name: str = "sheet.txt"
    ) -> TestResponse:
        material = self.sheet(app).rpartition("/")[2]
        return send(owner, csrf, content, name, material=material)

    @EVERYWHERE
    def test_a_new_version_takes_its_place_and_the_old_one_stays(
        self, app: Flask, owner: FlaskClient, csrf: str
    ) -> None:
        assert self.replace(app, owner, csrf, b"Colder hands.\n").json == {
            "message": "Version 2 is what people get from now on."
        }
        page = owner.get(self.sheet(app)).text
        assert page.index("Version 2") < page.index("what people get</span>") < page.index("Version 1")
        assert "Colder hands." in page
        assert "Mara Lind" in page
        assert "Warm hands first." in self.read(app, owner, 1)
        assert "Colder hands." in self.read(app, owner, 2)

    def read(self, app: Flask, owner: FlaskClient, number: int) -> str:
        (version,) = [row for row in versions(app, "The sheet") if row.number == number]
        with app.app_context(), app.extensions["storage"].open(version.stored_name) as handle:
            text: str = handle.read().decode()
        return text

    def test_the_same_file_again_is_no_new_version(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        self.replace(app, owner, csrf, b"Colder hands.\n")
        answer = self.replace(app, owner, csrf, b"Colder hands.\n")
        assert answer.status_code == 409
        assert len(versions(app, "The sheet")) == 2

    def test_going_back_is_a_version_of_its_own(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        self.replace(app, owner, csrf, b"Colder hands.\n")
        answer = owner.post(f"{self.sheet(app)}/versions/1", data={"csrf_token": csrf})
        assert answer.status_code == 303
        first, _, third = versions(app, "The sheet")
        assert (third.number, third.stored_name, third.sha256) == (3, first.stored_name, first.sha256)
        assert owner.post(f"{self.sheet(app)}/versions/3", data={"csrf_token": csrf}).status_code == 409
        assert owner.post(f"{self.sheet(app)}/versions/9", data={"csrf_token": csrf}).status_code == 404
        (entry,) = rows(app, AuditEntry, action="material.went_back")
        assert entry.detail["after"]["same_as"] == 1

    @EVERYWHERE
    def test_deleting_takes_every_file_with_it_a_day_later(
        self, app: Flask, owner: FlaskClient, csrf: str, kept: Any, travel: Traveller
    ) -> None:
        self.replace(app, owner, csrf, b"Colder hands.\n")
        owner.post(f"{self.sheet(app)}/versions/1", data={"csrf_token": csrf})
        page = self.sheet(app)
        assert "in use" in owner.get(f"{page}/delete").text
        refused = owner.post(f"{page}/delete", data={"csrf_token": csrf})
        assert refused.status_code == 409
        assert "“A sheet for parents” (Tuesday evenings)" in refused.text
        place = f"/studio/cohorts/january/materials/{drop_of(app).public_id}"
        owner.post(f"{place}/{page.rpartition('/')[2]}/take-out", data={"csrf_token": csrf})
        assert "lost for good" in owner.get(f"{page}/delete").text
        assert owner.post(f"{page}/delete", data={"csrf_token": csrf}).status_code == 303
        assert owner.get(page).status_code == 404
        assert len(kept()) == 2
        travel.shift(timedelta(days=1, seconds=1))
        with app.app_context():
            assert remove_loose_files(app.extensions["storage"]) == 2
        assert kept() == []

    def test_a_copied_webinar_keeps_its_files_when_the_first_loses_them(
        self, app: Flask, owner: FlaskClient, csrf: str, kept: Any, travel: Traveller
    ) -> None:
        copy = {"csrf_token": csrf, "title": "Baby massage again", "first": "2027-03-02"}
        assert owner.post("/studio/webinars/baby-massage/copy", data=copy).status_code == 303
        first, second = (str(row.id) for row in rows(app, Material, key="sheet"))
        self.delete(app, owner, csrf, "baby-massage", first)
        travel.shift(timedelta(days=1, seconds=1))
        with app.app_context():
            assert remove_loose_files(app.extensions["storage"]) == 0
        assert len(kept()) == 1
        shown = owner.get(f"/studio/webinars/baby-massage-again/materials/{second}").text
        assert "Warm hands first." in shown
        # The last one that has them takes them along.
        self.delete(app, owner, csrf, "baby-massage-again", second)
        travel.shift(timedelta(days=1, seconds=1))
        with app.app_context():
            assert remove_loose_files(app.extensions["storage"]) == 1
        assert kept() == []

    def delete(self, app: Flask, owner: FlaskClient, csrf: str, webinar: str, material: str) -> None:
        """Out of its bonus, then out of the library."""
        with app.app_context():
            held = select(Drop.public_id, Cohort.key).join(DropMaterial, DropMaterial.drop_id == Drop.id)
            held = held.join(Cohort, Cohort.id == Drop.cohort_id).where(DropMaterial.material_id == int(material))
            ((drop, cohort),) = db.session.execute(held).all()
        token = {"csrf_token": csrf}
        out = owner.post(f"/studio/cohorts/{cohort}/materials/{drop}/{material}/take-out", data=token)
        gone = owner.post(f"/studio/webinars/{webinar}/materials/{material}/delete", data=token)
        assert (out.status_code, gone.status_code) == (303, 303)

    def test_what_somebody_took_stays(self, app: Flask, owner: FlaskClient, csrf: str, cohort: str) -> None:
        from tests.building import sign_up
        from webinar_hub.models import Download

        sign_up(app, cohort)
        page = self.sheet(app)
        with app.app_context(), transaction():
            moment = rows(app, MaterialVersion)[0].created_at
            db.session.add(Download(registration_id=1, drop_id=1, material_version_id=1, downloaded_at=moment))
        place = f"/studio/cohorts/january/materials/{drop_of(app).public_id}"
        owner.post(f"{place}/{page.rpartition('/')[2]}/take-out", data={"csrf_token": csrf})
        assert "stays" in owner.get(f"{page}/delete").text
        assert owner.post(f"{page}/delete", data={"csrf_token": csrf}).status_code == 409

    def test_words_are_changed_and_the_second_of_two_is_told(
        self, app: Flask, owner: FlaskClient, csrf: str
    ) -> None:
        data = {"csrf_token": csrf, "version": "1", "title": "Mine", "description": "One page."}
        assert owner.post(self.sheet(app), data=data).status_code == 303
        answer = owner.post(self.sheet(app), data=data | {"title": "Hers"})
        assert answer.status_code == 409
        assert "Stored by now" in answer.text
        assert 'value="Hers"' in answer.text
        (entry,) = rows(app, AuditEntry, action="material.described")
        assert (entry.detail["before"]["title"], entry.detail["after"]["title"]) == ("The sheet", "Mine")


class TestLooking:
    def uploaded(self, app: Flask, owner: FlaskClient, csrf: str, content: bytes, name: str) -> str:
        assert send(owner, csrf, content, name).status_code == 200
        material = max(row.id for row in rows(app, Material))
        return f"{LIBRARY}/{material}/versions/1/view"

    @EVERYWHERE
    def test_a_picture_is_shown_in_a_sandbox(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        view = self.uploaded(app, owner, csrf, b"\x89PNG\r\n\x1a\n" + b"0" * 100, "photo.png")
        answer = owner.get(view, buffered=True)
        assert answer.mimetype == "image/png"
        assert answer.headers["Content-Disposition"].startswith("inline")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["Cache-Control"].startswith("private")

    def test_a_pdf_may_load_nothing(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        answer = owner.get(self.uploaded(app, owner, csrf, PDF, "a.pdf"), buffered=True)
        assert answer.mimetype == "application/pdf"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]

    def test_a_text_is_only_ever_words_on_its_page(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        view = self.uploaded(app, owner, csrf, b"Notes\n<script>alert(1)</script>", "notes.txt")
        assert owner.get(view).status_code == 404
        page = owner.get(view.removesuffix("/versions/1/view")).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


class TestWithoutScripts:
    def press(self, owner: FlaskClient, csrf: str, *files: tuple[bytes, str], **query: str) -> TestResponse:
        return owner.post(
            f"{LIBRARY}/upload",
            query_string={"csrf_token": csrf} | query,
            data={"files": [(io.BytesIO(content), name) for content, name in files]},
        )

    def test_several_files_come_in_at_once(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        answer = self.press(owner, csrf, (PDF, "one.pdf"), (PDF + b"2", "two.pdf"))
        assert (answer.status_code, answer.location) == (303, LIBRARY)
        assert {"one", "two"} <= {row.title for row in rows(app, Material)}
        assert "“two” is in the library." in owner.get(LIBRARY).text

    def test_each_is_kept_or_refused_by_itself(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        answer = self.press(owner, csrf, (PDF, "one.pdf"), (b"<svg/>", "two.svg"))
        assert answer.status_code == 422
        assert "two: This kind of file is not accepted" in answer.text
        assert "one" in {row.title for row in rows(app, Material)}

    def test_too_much_at_once_and_nothing_at_all(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        huge = (PDF + b"x" * LIMIT, "one.pdf")
        assert self.press(owner, csrf, huge, huge).status_code == 413
        answer = self.press(owner, csrf)
        assert answer.status_code == 422
        assert "Choose a file first" in answer.text
        assert len(rows(app, Material)) == 2

    def test_the_token_stands_in_the_query(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        assert self.press(owner, "wrong", (PDF, "one.pdf")).status_code == 400
        assert len(rows(app, Material)) == 2


def test_a_link_is_a_material_too(app: Flask, owner: FlaskClient, csrf: str) -> None:
    data = {"csrf_token": csrf, "title": "A film", "description": "", "link": "https://films.example/1"}
    assert owner.post(f"{LIBRARY}/link", data=data).status_code == 303
    (material,) = rows(app, Material, title="A film")
    assert material.link == "https://films.example/1"
    for wrong in ("javascript:alert(1)", "films", "https://me:secret@films.example", ""):
        answer = owner.post(f"{LIBRARY}/link", data=data | {"link": wrong})
        assert answer.status_code == 422
        assert 'value="A film"' in answer.text


@pytest.mark.parametrize("number", [1, 3, 300])
def test_the_library_costs_the_same_however_much_there_is(
    app: Flask, owner: FlaskClient, cohort: str, number: int
) -> None:
    from tests.counting import counting

    with app.app_context(), transaction():
        moment = rows(app, MaterialVersion)[0].created_at
        for index in range(number):
            material = Material(webinar_id=1, key=f"m{index}", title=f"M{index}")
            db.session.add(material)
            db.session.flush()
            for version in (1, 2):
                db.session.add(
                    MaterialVersion(
                        material_id=material.id, number=version, stored_name=f"{index:032}", extension="pdf",
                        media_type="application/pdf", size=1, sha256="", source_sha256="", created_at=moment,
                    )
                )  # fmt: skip
    with counting(app) as counted:
        assert owner.get(LIBRARY).status_code == 200
    assert len(counted) <= 11, counted


def test_the_path_of_a_file_is_never_what_somebody_typed(app: Flask, cohort: str, settings: Settings) -> None:
    assert not (settings.data_folder / "materials" / "x.pdf").exists()
    assert all(Path(row.stored_name).name == row.stored_name for row in rows(app, MaterialVersion))
