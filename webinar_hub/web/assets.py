"""Addresses of style sheets, scripts and fonts; they change with the content, so browsers may keep them."""

import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flask import current_app

_FONT = re.compile(r'url\("\.\./(vendor/[^"]+)"\)')


def asset(path: str) -> str:
    """The address of a file below static/, with a piece of its hash as version."""
    file = _folder() / path
    return f"/static/{path}?v={_version(file, file.stat().st_mtime_ns)}"


def are_there(*paths: str) -> bool:
    """Whether files below static/ are there, which the build step may not have brought."""
    return all((_folder() / path).is_file() for path in paths)


def fonts() -> list[str]:
    """The addresses of the fonts as css/fonts.css names them; empty where the build step has not brought them."""
    style = _folder() / "css" / "fonts.css"
    named = _named_in(style, style.stat().st_mtime_ns)
    are_there = all((_folder() / name.partition("?")[0]).is_file() for name in named)
    return [f"/static/{name}" for name in named] if are_there else []


def _folder() -> Path:
    return Path(current_app.static_folder or "")


@lru_cache(maxsize=200)
def _version(file: Path, changed: int) -> str:
    return sha256(file.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=2)
def _named_in(style: Path, changed: int) -> list[str]:
    return _FONT.findall(style.read_text())
