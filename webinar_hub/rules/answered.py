"""Who answered a cohort's question with this, as a condition on Registration that both databases understand."""

import re
from typing import Any

from sqlalchemy import ColumnElement, String, cast, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean

from webinar_hub.models import Registration

LONGEST = 200
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class _Answered(FunctionElement[bool]):
    """Of answers, a key and a text: whether the answer under the key is that text, or a list that has it."""

    type = Boolean()
    inherit_cache = True


@compiles(_Answered)
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    answers, key, text = (compiler.process(one, **options) for one in element.clauses)
    # A list holds a text that is in it, and a text itself (PostgreSQL 16 manual, 8.14.3).
    return f"COALESCE((CAST({answers} AS jsonb) -> {key}) @> to_jsonb({text}), false)"


@compiles(_Answered, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    answers, key, text = (compiler.process(one, **options) for one in element.clauses)
    path = f"'$.\"' || {key} || '\"'"
    # Three compiled expressions, each with its values bound: nothing anybody typed is in it.
    return f"EXISTS (SELECT 1 FROM json_each({answers}, {path}) AS answer WHERE answer.value = {text})"  # noqa: S608


def parted(typed: str) -> tuple[str, str]:
    """The key and the answer in "key:answer"; two empty texts for what is none."""
    key, _, answer = typed.partition(":")
    is_one = _KEY.fullmatch(key) and len(key) <= 40 and answer and len(answer) <= LONGEST and "\x00" not in answer
    return (key, answer) if is_one else ("", "")


def answered(key: str, answer: str) -> ColumnElement[bool]:
    """Whether somebody answered so; of several choices this is one."""
    return _Answered(
        Registration.answers, cast(literal(key, String), String), cast(literal(answer, String), String)
    )
