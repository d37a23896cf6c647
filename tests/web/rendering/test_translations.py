"""Nothing a registrant reads is left in English: catalogs are whole, and templates hold no words of their own."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from flask import Flask
from jinja2 import Environment, nodes

from tests.documents.email_examples import ANNA, LETTERS
from tests.translating import CATALOGS, ROOT, kept, spoken_words, untranslated
from tests.web.rendering import samples
from tests.web.rendering.test_rendering import PAGES, rendered
from webinar_hub.core import language
from webinar_hub.documents.email import Composer

TEMPLATES = ROOT / "templates"
GETTEXT = re.compile(r"\b_\(|\bngettext\(|\{%-?\s*trans\b")
SPOKEN = sorted(
    path
    for pattern in ("web/**/*.html", "email/**/*.html", "email/**/*.txt", "notices/**/*.html", "notices/**/*.txt")
    for path in TEMPLATES.glob(pattern)
    if "demo" not in path.parts  # its own pages are for trying out
    # Notices to staff are English; one that is translated at all is for a registrant, and is so as a whole.
    and ("notices" not in path.parts or GETTEXT.search(path.read_text()))
)
CATALOG_FILES = sorted(CATALOGS.glob("*/LC_MESSAGES/messages.po"))
# Names, and what is written alike everywhere.
NAMES = re.compile(r"Google|Calendar ¤|Outlook\.com|Microsoft 365|Yahoo|kB|MB|\.ics")
WORD = re.compile(r"[A-Za-z]{2,}")
SEEN_ATTRIBUTES = re.compile(r'\b(?:alt|title|aria-label|placeholder)="([^"]*)"')
PSEUDO = "eo"
# What sample pages hold beside the samples: two reasons of a rule, the house, a month, initials.
OF_THE_HOUSE = (
    "This cohort is full.",
    "Sign-up has closed.",
    "Webinar Hub",
    "English",
    "Google Calendar",
    "Mar",
    "MT",
)


@pytest.mark.parametrize("path", CATALOG_FILES, ids=lambda path: path.parts[-3])
def test_a_catalog_has_every_sentence_with_its_values(path: Path) -> None:
    words, catalog = spoken_words(), kept(path)
    missing = [message.id for message in untranslated(catalog, words)]
    assert not missing, f"run `make translations`, then translate what it lists: {missing}"
    for message in words:
        if not message.id:
            continue
        said = catalog.get(message.id).string
        english, others = (text if isinstance(text, tuple) else (text,) for text in (message.id, said))
        assert len(others) == (catalog.num_plurals if len(english) > 1 else 1), message.id
        for form in others:
            assert _values(form) <= _values(*english), (message.id, form)
        assert _values(*others) | {"num"} == _values(*english) | {"num"}, (message.id, said)
        assert _tags(others[-1]) == _tags(english[-1]), (message.id, said)


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_of_registrants_holds_no_words_outside_of_gettext(path: Path) -> None:
    source = path.read_text()
    bare = [*_bare_text(source), *_bare_strings(source)]
    assert not bare, f"wrap it: {{{{ _({bare[0]!r}) }}}}"


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello you</p>",
        '<img alt="A cat">',
        "{% block title %}Mine{% endblock %}",
        '{{ "Yes sir" if x else _("No") }}',
        '{{ x or "A surprise" }}',
        '{{ ui.text_field(f, hint="Write it.") }}',
    ],
)
def test_bare_words_are_found(source: str) -> None:
    assert [*_bare_text(source), *_bare_strings(source)]


@pytest.fixture
def pseudo(tmp_path: Path) -> Iterator[None]:
    """A language more, by a catalog alone, in which every sentence stands in brackets."""
    catalog = Catalog(locale=PSEUDO, charset="utf-8", fuzzy=False)
    for message in spoken_words():
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            said = tuple(f"⟦{text}⟧" for text in ids)
            catalog.add(message.id, said if len(said) > 1 else said[0])
    text = BytesIO()
    write_po(text, catalog)
    file = tmp_path / PSEUDO / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    file.write_bytes(text.getvalue())
    language.use_catalogs(tmp_path)
    yield
    language.use_catalogs(CATALOGS)


def test_every_mail_speaks_the_language_of_its_reader(pseudo: None) -> None:
    composer = Composer(TEMPLATES)
    for name, letter in LETTERS.items():
        theirs = replace(letter, language=PSEUDO)
        recipient = replace(
            ANNA, calendar_revision=1, downloads=tuple(f"https://hub.example/d/{m.id}" for m in letter.materials)
        )
        words = composer.read(theirs, recipient)
        data = [*_texts(theirs), ANNA.name, *_own_words(theirs)]
        for text in (words.subject, words.text, _seen(words.html)):
            left = _left(text, data)
            assert not left, f"{name}: {left}"
        assert f"Content-Language: {PSEUDO}\r\n".encode() in composer.compose(theirs, recipient)
        assert f'<html lang="{PSEUDO}">' in words.html
    assert language.current() == language.DEFAULT


def test_every_page_speaks_the_language_of_its_reader(app: Flask, pseudo: None) -> None:
    data = [text for value in vars(samples).values() for text in _texts(value)]
    data += [
        text
        for make in (samples.webinar, samples.my_page, samples.door, samples.registration)
        for text in _texts(make())
    ]
    for name in PAGES:
        if name.startswith("error.html"):
            continue  # Its words are given to it; errors are asked for in tests/web/test_languages.py.
        with language.speaking(PSEUDO):
            page = rendered(app, name)
        left = _left(_seen(page.html), [*data, *OF_THE_HOUSE])
        assert not left, f"{name}: {left}"
        assert f'<html lang="{PSEUDO}">' in page.html


def test_languages_are_those_that_have_a_catalog(pseudo: None) -> None:
    assert language.languages() == ("en", PSEUDO)
    assert language.name_of(PSEUDO) == "Esperanto"
    with language.speaking(PSEUDO):
        assert language.gettext("Hello%(name)s,", name=" Ann") == "⟦Hello Ann,⟧"
        assert language.ngettext("%(num)s day", "%(num)s days", 3) == "⟦3 days⟧"
    with language.speaking("tlh"):
        assert language.gettext("Hello%(name)s,", name=" Ann") == "Hello Ann,"


def _values(*texts: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[sd]", " ".join(texts)))


def _tags(text: str) -> list[str]:
    return sorted(re.findall(r"<[^>]+>", text))


def _bare_text(source: str) -> Iterator[str]:
    """Words between tags and in attributes that people see or hear, outside of everything Jinja fills in."""
    plain = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", source, flags=re.DOTALL)
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "¤", plain, flags=re.DOTALL)
    plain = re.sub(r"<(script|style|svg)\b.*?</\1>|<!--.*?-->|<meta[^>]*>", "", plain, flags=re.DOTALL)
    for text in [*SEEN_ATTRIBUTES.findall(plain), *re.split(r"<[^>]*>", plain)]:
        seen = NAMES.sub("", unescape(text))
        # What is left of a tag that Jinja takes apart: ` aria-invalid="true"`.
        seen = re.sub(r'[\w-]+="[^"]*"?', "", seen)
        if WORD.search(seen):
            yield seen.strip()


def _bare_strings(source: str) -> Iterator[str]:
    """Sentences that stand in quotes within an expression, and are shown as they are."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            yield from _shown(node)


def _shown(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        if re.search(r"[A-Z][a-z]|[A-Za-z] [a-z]", NAMES.sub("", node.value)):
            yield node.value
    elif isinstance(node, nodes.CondExpr | nodes.Or | nodes.And | nodes.Concat | nodes.Add):
        for child in node.iter_child_nodes():
            yield from _shown(child)
    elif isinstance(node, nodes.Call) and not _is_gettext(node.node):
        for argument in [*node.args, *(each.value for each in node.kwargs)]:
            yield from _shown(argument)


def _is_gettext(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name in ("_", "gettext", "ngettext")


def _seen(html: str) -> str:
    plain = re.sub(r"<(script|style|svg)\b.*?</\1>|<!--.*?-->|<select.*?</select>", " ", html, flags=re.DOTALL)
    attributes = " ".join(SEEN_ATTRIBUTES.findall(plain))
    return unescape(re.sub(r"<[^>]*>", " ", plain) + attributes)


def _left(text: str, data: list[str]) -> list[str]:
    """Words outside of brackets that are no data."""
    rest = re.sub(r"https?://\S+|[\w.]+@[\w.]+", " ", " ".join(text.split()))
    for known in sorted({" ".join(each.split()) for each in data if WORD.search(each)}, key=len, reverse=True):
        rest = rest.replace(known, " ")
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", " ", rest)) != rest:
        rest = shorter
    return WORD.findall(NAMES.sub("", rest))


def _texts(value: Any) -> Iterator[str]:
    """Every text in some data, however deep."""
    if isinstance(value, str):
        yield from (value, *value.splitlines(), value.upper(), *re.split(r"[*\[\]()\n]+", value))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from _texts(getattr(value, each.name))


def _own_words(letter: Any) -> Iterator[str]:
    """What an organizer wrote is shown as she wrote it, without its marks."""
    for text in (letter.own_subject, letter.own_words, letter.note, letter.drop_note):
        yield from re.findall(r"\w+", text)
