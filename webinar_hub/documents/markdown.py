"""Organizers' Markdown as safe HTML for pages and mails, and as plain text for a mail's text part (A31)."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

SCHEMES = frozenset({"https", "mailto"})
_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("strong", "em", "a"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}


def to_html(markdown: str) -> Markup:
    """HTML in which only known tags are left and every link is absolute, https or mailto."""
    import nh3  # noqa: PLC0415  slow import

    cleaned = nh3.clean(
        _parser().render(markdown),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept_attribute,
        url_schemes=set(SCHEMES),
        link_rel="noopener",
    )
    return Markup(cleaned)  # noqa: S704  just cleaned


def to_text(markdown: str) -> str:
    """The same words and links to be read as they stand: a link's address in brackets behind its words."""
    return re.sub("\n{3,}", "\n\n", "".join(_lines(_parser().parse(markdown)))).strip("\n")


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415  slow import

    # Pictures would be fetched from strangers' servers, which then know who reads when.
    return MarkdownIt("commonmark", {"html": False}).disable("image")


def _kept_attribute(tag: str, attribute: str, value: str) -> str | None:
    return None if attribute == "href" and not _is_absolute(value) else value


def _is_absolute(url: str) -> bool:
    try:
        return urlsplit(url).scheme in SCHEMES
    except ValueError:
        return False


def _lines(tokens: "Sequence[Token]") -> Iterator[str]:
    """Each block's text, with its bullet or number, and an empty line behind each outermost block."""
    bullet = ""
    for token in tokens:
        if token.type == "list_item_open":
            bullet = f"{token.info}. " if token.info else "- "
        elif token.type in ("inline", "fence", "code_block"):
            words = token.content.rstrip("\n") if token.children is None else _words(token.children)
            # An item's words lie three levels deep (list, item, paragraph), those of a list in it two deeper.
            yield "  " * ((token.level - 3) // 2) + bullet + words + "\n"
            bullet = ""
        if token.level == 0 and token.nesting <= 0:
            yield "\n"


def _words(tokens: "Sequence[Token]") -> str:
    words: list[str] = []
    links: list[tuple[int, str]] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((len(words), str(token.attrs["href"])))
        elif token.type == "link_close":
            start, url = links.pop()
            label = "".join(words[start:])
            is_shown = url.removeprefix("mailto:") == label
            words[start:] = [label if is_shown or not _is_absolute(url) else f"{label} ({url})"]
        else:
            words.append("\n" if token.type in ("softbreak", "hardbreak") else token.content)
    return "".join(words)
