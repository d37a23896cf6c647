"""Routes and templates are compiled once for all tests, although each test makes an app of its own.

Both become code that asks the app it is used in for everything else, so it may be shared.
"""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment
from werkzeug.routing import Rule


def only_once() -> None:
    """From now on."""
    Rule._compile_builder = _kept(Rule._compile_builder, _route)  # type: ignore[method-assign]
    Environment.compile = _kept(Environment.compile, _template)  # type: ignore[method-assign]


def _route(rule: Rule, append_unknown: bool = True) -> Any:
    return rule.rule, append_unknown, tuple(rule._trace), repr(rule.defaults)


def _template(environment: Environment, source: Any, *named: Any, **options: Any) -> Any:
    return source, named, tuple(options.items()), environment.trim_blocks, environment.undefined


def _kept(compile_it: Callable[..., Any], key_of: Callable[..., Any]) -> Callable[..., Any]:
    compiled: dict[Any, Any] = {}

    def kept(*args: Any, **named: Any) -> Any:
        key = key_of(*args, **named)
        if key not in compiled:
            compiled[key] = compile_it(*args, **named)
        return compiled[key]

    return kept
