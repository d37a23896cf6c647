"""Routes, templates and SQL are compiled once for all tests, although each test makes an app of its own.

What they become asks the app, or the engine, it is used with for everything else, so it may be shared.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from werkzeug.routing import Rule

_ROUTE = ("_parts", "_trace", "_converters", "_build", "_build_unknown", "arguments")


def only_once() -> None:
    """From now on."""
    _share_routes()
    _share_templates()
    _share_sql()


def _share_routes() -> None:
    compile_it: Callable[[Rule], None] = Rule.compile
    compiled: dict[Any, dict[str, Any]] = {}

    def compiled_once(rule: Rule) -> None:
        key = rule.rule, repr(rule.defaults), rule.merge_slashes, rule.subdomain, rule.host
        if key not in compiled:
            compile_it(rule)
            compiled[key] = {name: getattr(rule, name) for name in _ROUTE}
        for name, value in compiled[key].items():
            # A builder is a method of the rule it was made for, and asks that one for its converters.
            setattr(rule, name, value)

    Rule.compile = compiled_once  # type: ignore[method-assign]


def _share_templates() -> None:
    compile_it = Environment.compile
    compiled: dict[Any, Any] = {}

    def compiled_once(environment: Environment, source: Any, *named: Any, **options: Any) -> Any:
        key = source, named, tuple(options.items()), environment.trim_blocks, environment.undefined
        if key not in compiled:
            compiled[key] = compile_it(environment, source, *named, **options)
        return compiled[key]

    Environment.compile = compiled_once  # type: ignore[method-assign, assignment]


def _share_sql() -> None:
    """A statement is remembered with its dialect, and all dialects of a kind are alike."""
    caches: dict[type, dict[Any, Any]] = defaultdict(dict)
    shared = property(lambda engine: caches[type(engine.dialect)], lambda engine, own: None)
    Engine._compiled_cache = shared  # type: ignore[assignment]
    DefaultDialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign, assignment]
    DefaultDialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign, assignment]
