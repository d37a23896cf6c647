"""A hand-out written in Markdown to a printable, tagged PDF; how it looks is in handout.typ beside this module."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

Node = Mapping[str, object]

_LINKED = ("https://", "http://", "mailto:")
_BOXES = {"[ ] ": False, "[x] ": True, "[X] ": True}


# A change of how hand-outs look is a new version of each of them.
_LOOK = b"1"


class HandoutTooTangled(ValueError):
    """The Markdown is nested too deeply to be laid out on paper."""

    def __init__(self) -> None:
        super().__init__("This hand-out is nested too deeply to print. Use fewer lists inside lists.")


def printable_handout(*, title: str, subtitle: str, author: str, markdown: str) -> bytes:
    """Return a PDF (PDF/UA-1) that fits A4 and US Letter sheets alike and prints well in black and white.

    Besides what CommonMark and tables give, `- [ ] words` prints a box to check and a line of `___` prints a
    line to write on. HTML and pictures are not printed: HTML shows as it is written, a picture as its words.
    The same words always give the same bytes. Signs the built-in fonts lack (emoji, Chinese) print as empty
    boxes, and the PDF then does not claim PDF/UA. Raises HandoutTooTangled for Markdown nested beyond sense.
    """
    try:
        words = {"title": title, "subtitle": subtitle, "author": author, "blocks": markdown_blocks(markdown)}
        # Half of a surrogate pair is no character in any encoding: it prints as a question mark.
        return _typeset(json.dumps(words, ensure_ascii=False).encode("utf-8", "replace").decode())
    except RecursionError as error:
        raise HandoutTooTangled from error


def handout_digest(*, title: str, markdown: str) -> str:
    """Of what a hand-out is printed from: the same words need no new version."""
    return sha256(_LOOK + title.encode() + b"\0" + markdown.encode()).hexdigest()


def markdown_blocks(markdown: str) -> list[Node]:
    """Return the Markdown as nested plain values, which is all that handout.typ is ever given."""
    from markdown_it.tree import SyntaxTreeNode  # noqa: PLC0415  slow import

    return _Blocks().of(SyntaxTreeNode(_parser().parse(markdown)))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415  slow import

    return MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(
        ["table", "replacements", "smartquotes"]
    )


def _typeset(words: str) -> bytes:
    import typst  # noqa: PLC0415  slow import

    template = files("webinar_hub.documents").joinpath("handout.typ").read_bytes()

    def compiled(standard: Literal["ua-1"] | None) -> bytes:
        return typst.compile(
            template,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"handout": words},
            pdf_standards=standard,
        )

    try:
        return compiled("ua-1")
    except typst.TypstError:
        # The standard forbids signs without a shape in the fonts; a page with an empty box beats no page.
        return _without_standard(compiled)


def _without_standard(compiled: Callable[[None], bytes]) -> bytes:
    import typst  # noqa: PLC0415  slow import

    try:
        return compiled(None)
    except typst.TypstError as error:
        raise HandoutTooTangled from error


class _Blocks:
    """Turns a Markdown tree into values; remembers the last heading, since no level may be skipped (PDF/UA)."""

    def __init__(self) -> None:
        self._level = 1

    def of(self, parent: "SyntaxTreeNode") -> list[Node]:
        return [self._block(node) for node in parent.children]

    def _block(self, node: "SyntaxTreeNode") -> Node:
        match node.type:
            case "heading":
                return self._heading(node)
            case "paragraph":
                return {"kind": "paragraph", "content": _inlines(node.children[0])}
            case "bullet_list" | "ordered_list":
                return self._list(node)
            case "blockquote":
                return {"kind": "quote", "blocks": self.of(node)}
            case "table":
                return _table(node)
            case "hr":
                return {"kind": "writing-line" if node.markup.startswith("_") else "rule"}
            case _:
                return {"kind": "code", "text": node.content}

    def _heading(self, node: "SyntaxTreeNode") -> Node:
        # The title is level 1.
        self._level = min(max(2, int(node.tag[1:])), self._level + 1)
        return {"kind": "heading", "level": self._level, "content": _inlines(node.children[0])}

    def _list(self, node: "SyntaxTreeNode") -> Node:
        return {
            "kind": "list",
            "ordered": node.type == "ordered_list",
            "start": int(node.attrs.get("start", 1)),
            "items": [self._item(item) for item in node.children],
        }

    def _item(self, item: "SyntaxTreeNode") -> Node:
        ticked = _take_box(item)
        return {"ticked": ticked, "blocks": self.of(item)}


def _take_box(item: "SyntaxTreeNode") -> bool | None:
    """Remove "[ ] " from the beginning of a list item and return whether the box is ticked; None: no box."""
    if not item.children or item.children[0].type != "paragraph":
        return None
    words = item.children[0].children[0].children
    if not words or words[0].type != "text" or words[0].token is None:
        return None
    beginning = words[0].token.content[:4]
    if beginning in _BOXES:
        words[0].token.content = words[0].token.content[4:]
    return _BOXES.get(beginning)


def _table(node: "SyntaxTreeNode") -> Node:
    rows = [_cells(row) for part in node.children for row in part.children]
    return {"kind": "table", "head": rows[0], "rows": rows[1:], "weights": _weights(rows)}


def _weights(rows: list[list[list[Node]]]) -> list[int]:
    """Return how wide each column wants to be: its longest cell in characters, within reason."""
    return [min(max(map(_length, column)) + 5, 40) for column in zip(*rows, strict=True)]


def _length(nodes: Sequence[Node]) -> int:
    return len(_words(nodes))


def _cells(row: "SyntaxTreeNode") -> list[list[Node]]:
    return [_inlines(cell.children[0]) if cell.children else [] for cell in row.children]


def _inlines(parent: "SyntaxTreeNode") -> list[Node]:
    return [_inline(node) for node in parent.children]


def _inline(node: "SyntaxTreeNode") -> Node:
    match node.type:
        case "strong" | "em":
            return {"kind": node.type, "content": _inlines(node)}
        case "link":
            return _link(node)
        case "softbreak":
            return {"kind": "text", "text": " "}
        case "hardbreak":
            return {"kind": "break"}
        case "code_inline":
            return {"kind": "code", "text": node.content}
        case _:
            return {"kind": "text", "text": node.content}


def _link(node: "SyntaxTreeNode") -> Node:
    url, content = str(node.attrs.get("href", "")), _inlines(node)
    if not url.startswith(_LINKED):
        return {"kind": "span", "content": content}
    return {"kind": "link", "url": url, "shown": _shown(url, content), "content": content}


def _shown(url: str, content: Sequence[Node]) -> str:
    """Return the address as it is printed behind its words, or "" when the words are the address already."""
    short = url.removeprefix("https://").removeprefix("http://").removeprefix("mailto:").rstrip("/")
    return "" if short in _words(content) else short


def _words(nodes: Sequence[Node]) -> str:
    """Return what the nodes say, without how it looks."""
    return "".join(str(node.get("text", "")) + _words(_content(node)) for node in nodes)


def _content(node: Node) -> Sequence[Node]:
    content = node.get("content")
    return content if isinstance(content, list) else []
