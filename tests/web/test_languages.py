"""Which language a page, a mail and a calendar are in, and that nothing but her own choice is kept."""

import re

from flask import Flask
from flask.testing import FlaskClient

from tests.building import only_person
from tests.delivering import deliver
from tests.web.visiting import FIELDS, links, path, post, token
from webinar_hub.core import language

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}


def test_a_public_page_speaks_as_its_address_says_else_as_the_browser_asks(
    cohort: str, visitor: FlaskClient
) -> None:
    for address, headers, spoken in (
        ("/", {}, "en"),
        ("/", SPANISH, "es"),
        ("/?lang=es", {}, "es"),
        ("/?lang=en", SPANISH, "en"),
        ("/?lang=tlh", {"Accept-Language": "de"}, "en"),
        ("/w/baby-massage?lang=es&ref=news", {}, "es"),
        ("/w/nothing-here", SPANISH, "es"),
    ):
        answer = visitor.get(address, headers=headers)
        assert f'<html lang="{spoken}">' in answer.text, address
        assert answer.headers["Content-Language"] == spoken
        assert "Accept-Language" in answer.vary
        assert "Set-Cookie" not in answer.headers
    assert "No encontramos esta página" in answer.text


def test_the_language_of_an_address_goes_on_with_the_links_of_its_page(cohort: str, visitor: FlaskClient) -> None:
    page = visitor.get("/w/baby-massage?lang=es&ref=news").text
    assert 'href="?ref=news&amp;lang=en" lang="en" hreflang="en">English</a>' in page
    assert f'href="/w/baby-massage/sign-up/{cohort}?ref=news&amp;lang=es"' in page
    assert '<link rel="canonical" href="http://localhost/w/baby-massage?lang=es">' in page
    assert '<link rel="alternate" hreflang="en" href="http://localhost/w/baby-massage?lang=en">' in page
    assert "lang=" not in re.sub(r"<link.*|<a [^>]*hreflang.*", "", visitor.get("/w/baby-massage").text).replace(
        'html lang="en"', ""
    )


def test_who_signs_up_in_spanish_is_written_to_in_spanish(app: Flask, cohort: str, visitor: FlaskClient) -> None:
    form = f"/w/baby-massage/sign-up/{cohort}?lang=es"
    wrong = visitor.post(form, data={"csrf_token": token(visitor.get(form)), **FIELDS, "email": "nobody"})
    assert "Escribe una dirección de correo como nombre@example.com." in wrong.text
    assert "Terapeuta ocupacional (OT)" in wrong.text
    # What a ticked box sends names the words beside it, and those are Spanish.
    box = re.search(r'name="bonuses" value="(\w+)"', visitor.get(form).text)
    assert box
    done = post(visitor, form, form, **FIELDS | {"bonuses": box[1]})
    assert done.headers["Location"].endswith("?lang=es")
    assert "Revisa tu correo" in visitor.get(done.headers["Location"]).text
    assert only_person(app).language == "es"
    mail, *_others = deliver(app)
    assert mail.message["Content-Language"] == "es"
    assert mail.subject.startswith("Tu lugar está reservado: ")
    assert "Hola Ann Lee:" in mail.text
    assert "de diciembre, 7:00\u00a0p.m. en Nueva York: 4:00\u00a0p.m. para ti" in mail.text
    assert {invite.location for invite in mail.invites} == {"En línea"}


def test_her_pages_and_calendar_speak_her_language_whatever_the_address_says(app: Flask, ann: FlaskClient) -> None:
    assert '<html lang="en">' in ann.get("/my?lang=es", headers=SPANISH).text
    assert post(ann, "/my", "/my/language", language="es").status_code == 303
    page = ann.get("/my?lang=en")
    assert '<html lang="es">' in page.text
    assert "Hola, Ann Lee" in page.text
    assert (
        '<button class="linkish" type="submit" name="language" value="en" lang="en">English</button>' in page.text
    )
    saved = post(ann, "/my", "/my/details", name="Ann Lee", zone="America/New_York")
    assert "Tus datos quedaron guardados." in ann.get(saved.headers["Location"]).text
    saved = post(ann, "/my", "/my/details", name="Ann Lee", zone="America/New_York", language="en")
    assert "Your details are saved." in ann.get(saved.headers["Location"]).text
    post(ann, "/my", "/my/details", name="Ann Lee", zone="America/New_York", language="es")
    nobody = app.test_client()
    unsubscribing = path(links(app)["unsubscribe"])
    assert "¿Menos correos?" in nobody.get(unsubscribing).text
    assert "Fewer mails?" in nobody.get(f"{unsubscribing}?lang=en").text
    post(ann, "/my", "/my/calendar")
    feed = re.search(r'value="http://localhost(/cal/[^"]+)"', ann.get("/my").text)
    assert feed
    calendar = nobody.get(feed[1]).text
    assert "X-WR-CALNAME:Mis webinars" in calendar
    assert "LOCATION:En línea" in calendar


def test_a_language_there_is_not_is_refused_and_nothing_changes(app: Flask, ann: FlaskClient) -> None:
    refused = post(ann, "/my", "/my/language", language="tlh")
    assert refused.status_code == 422
    assert only_person(app).language == "en"
    assert app.test_client().post("/my/language", data={"language": "es"}).status_code == 400


def test_what_nobody_signed_up_for_stays_english(app: Flask, cohort: str, visitor: FlaskClient) -> None:
    assert '<html lang="en">' in visitor.get("/studio/sign-in", headers=SPANISH, follow_redirects=True).text
    # A thread that has answered in Spanish begins its next request without a language.
    visitor.get("/", headers=SPANISH)
    assert language.current() == "en"
