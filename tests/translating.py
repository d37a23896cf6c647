"""The words of the code and the catalogs that translate them: `make translations` brings both together.

Run as `python -m tests.translating`: it writes every catalog anew, with the words the code has now, keeps what is
translated, drops what nobody says any more, and prints what is still to be translated.
"""

import re
import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from webinar_hub.core.language import CATALOGS

ROOT = Path(__file__).resolve().parents[1]
# What the code calls translating: `_later` and `lazy_gettext` when it is shown, `noop` when it is said elsewhere.
KEYWORDS = {"_": None, "gettext": None, "_later": None, "lazy_gettext": None, "noop": None, "ngettext": (1, 2)}

# Git knows when a catalog was changed, and by whom.
_WHEN_AND_WHO = re.compile(
    rb'"(POT-Creation|PO-Revision|Report-Msgid|Last-Translator|Language-Team|Generated-By).*\n'
)


def spoken_words() -> Catalog:
    """Everything that the code and the templates of registrants say, in English."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog(charset="utf-8", fuzzy=False)
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS, directory_filter=_is_ours)
    for path, _line, message, comments, context in found:
        catalog.add(message, None, [(path, None)], auto_comments=comments, context=context)
    return catalog


def kept(path: Path) -> Catalog:
    """A catalog as it is stored."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def untranslated(catalog: Catalog, words: Catalog) -> list[Message]:
    """What is said and has no words in this catalog, or only words that nobody has looked at."""
    return [message for message in words if message.id and not _has_words(catalog.get(message.id))]


def update(path: Path, words: Catalog) -> list[Message]:
    """Bring a catalog up to date; what is still to be translated."""
    catalog = kept(path)
    catalog.update(words, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    text = BytesIO()
    # Places change with every line that is added; the file a sentence stands in says enough.
    write_po(text, catalog, width=100, omit_header=False, include_lineno=False, sort_by_file=True)
    path.write_bytes(_WHEN_AND_WHO.sub(b"", text.getvalue()))
    return untranslated(catalog, words)


def _has_words(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    return bool(said) and all(said)


def _is_ours(folder: str) -> bool:
    return not Path(folder).name.startswith((".", "node_modules", "demo"))


def main() -> int:
    """Update every catalog; how many sentences have no translation yet is told, not failed on."""
    words = spoken_words()
    for path in sorted(CATALOGS.glob("*/LC_MESSAGES/messages.po")):
        missing = update(path, words)
        sys.stdout.write(f"{path.parts[-3]}: {len(words)} sentences, {len(missing)} to be translated\n")
        for message in missing:
            places = ", ".join(place for place, _line in message.locations)
            sys.stdout.write(f"  {message.id!r}  ({places})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
