"""The rules of the house as functions: a file's path and text in, what is wrong with it out, for test_house.py.

A path is relative to the checkout and written with slashes. docs/architecture.md tells what the rules are for.
"""

import ast
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from typing import NamedTuple


class Fault(NamedTuple):
    """What is wrong, and in which line."""

    line: int
    words: str


Rule = Callable[[str, str], Iterator[Fault]]

FLOORS = {
    "core": 1,
    "models": 2,
    "rules": 3,
    "documents": 4,
    "adapters": 4,
    "services": 5,
    "queries": 5,
    "web": 6,
    "api": 6,
    "worker": 6,
    "cli": 6,
    "app": 7,
    "__main__": 8,
    "wsgi": 8,
    "fleet": 8,
}
# What starts a process stands above the app, wherever its file lies.
STARTS_A_PROCESS = ("webinar_hub/cli/*_command.py", "webinar_hub/cli/opening.py", "webinar_hub/cli/serving.py")
DEMO_PAGES = "webinar_hub/web/demo*.py"
CLOCK = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.localtime"),
    *("func.now", "func.current_timestamp", "func.localtimestamp"),
}
REASON = re.compile(r"# noqa: PLC0415  (slow import|optional dependency)$")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
DRAWERS = {"utils", "util", "common", "helpers", "helper", "misc"}
LONGEST_FILE = 400
LONGEST_VIEW = 25
"""Lines."""


def imports_go_down(path: str, text: str) -> Iterator[Fault]:
    """Never up, never sideways between areas of one floor."""
    area, floor = _area(path), _floor(path)
    for line, name in _imports(text):
        target = _area(name.replace(".", "/"))
        if target in FLOORS and target != area and FLOORS[target] >= floor:
            yield Fault(line, f"{area} (floor {floor}) imports {target} (floor {FLOORS[target]})")


def only_the_database_commits(path: str, text: str) -> Iterator[Fault]:
    """An entry point says `with transaction():`; everything below adds and flushes."""
    if path == "webinar_hub/core/db.py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr == "commit":
            yield Fault(node.lineno, "commits by itself")


def nothing_is_sent_from_a_request(path: str, text: str) -> Iterator[Fault]:
    """Only the worker opens a way out for mail; the demo's pages may read the mailbox."""
    area = _area(path)
    readable = {"webinar_hub.adapters.mail.mailbox", "webinar_hub.adapters.mail.eml"}
    for line, name in _imports(text):
        if name.split(".")[0] == "smtplib" and not path.startswith("webinar_hub/adapters/mail/"):
            yield Fault(line, "speaks SMTP outside adapters/mail")
        is_mail = name.startswith("webinar_hub.adapters.mail")
        may_read = fnmatch(path, DEMO_PAGES) and name.rpartition(".")[0] in readable
        if area in ("web", "api", "services", "queries") and is_mail and not may_read:
            yield Fault(line, f"{area} reaches for the way out of mails")


def only_the_clock_asks_the_time(path: str, text: str) -> Iterator[Fault]:
    """Everything else is told `now`; an adapter may measure its own patience with `time.monotonic`."""
    if path == "webinar_hub/core/clock.py":
        return
    allowed = {"time.monotonic"} if path.startswith("webinar_hub/adapters/") else set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            asked = ".".join(ast.unparse(node).split(".")[-2:])
            if asked in CLOCK - allowed:
                yield Fault(node.lineno, f"{asked} asks what time it is")
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield Fault(node.lineno, "write `import time`, so that it can be seen what is asked of it")
        elif isinstance(node, ast.Constant) and "CURRENT_TIMESTAMP" in str(node.value):
            yield Fault(node.lineno, "the database is asked what time it is")


def deferred_imports_say_why(path: str, text: str) -> Iterator[Fault]:
    """An import inside a function is a slow one or an optional one, and says so on its line."""
    lines = text.splitlines()
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom) and not REASON.search(lines[node.lineno - 1]):
                yield Fault(node.lineno, "a deferred import without one of the two reasons")


def only_the_configuration_reads_the_environment(path: str, text: str) -> Iterator[Fault]:
    """Every setting is in core/config.py and can be looked up there."""
    if path == "webinar_hub/core/config.py":
        return
    for line, name in _imports(text):
        if name in ("os.environ", "os.getenv"):
            yield Fault(line, "reads the environment")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv"):
            yield Fault(node.lineno, "reads the environment")


def files_stay_short(path: str, text: str) -> Iterator[Fault]:
    """Somebody has to read them."""
    lines = text.count("\n")
    if lines > LONGEST_FILE:
        yield Fault(LONGEST_FILE, f"{lines} lines")


def views_stay_short(path: str, text: str) -> Iterator[Fault]:
    """A view translates, opens the transaction, calls one service and answers."""
    if _area(path) not in ("web", "api"):
        return
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef) or not any(map(_is_route, node.decorator_list)):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > LONGEST_VIEW:
            yield Fault(node.lineno, f"the view {node.name} has {lines} lines")


def names_say_what_is_inside(path: str, text: str) -> Iterator[Fault]:
    """No drawer for everything."""
    for part in path.removesuffix(".py").split("/"):
        if part in DRAWERS:
            yield Fault(1, f"{part} says nothing about what is inside")


def nothing_is_left_for_later(path: str, text: str) -> Iterator[Fault]:
    """What is not done is not in here, or in the issue list."""
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield Fault(number, line.strip())


CODE_RULES: tuple[Rule, ...] = (
    imports_go_down,
    only_the_database_commits,
    nothing_is_sent_from_a_request,
    only_the_clock_asks_the_time,
    deferred_imports_say_why,
    only_the_configuration_reads_the_environment,
    views_stay_short,
)
"""For the package and wsgi.py."""

PYTHON_RULES: tuple[Rule, ...] = (files_stay_short, names_say_what_is_inside)
"""For tests and benchmarks too."""


def _area(path: str) -> str:
    parts = path.removesuffix(".py").split("/")
    return parts[1] if parts[0] == "webinar_hub" and len(parts) > 1 else parts[0]


def _floor(path: str) -> int:
    if any(fnmatch(path, pattern) for pattern in STARTS_A_PROCESS):
        return FLOORS["__main__"]
    return FLOORS.get(_area(path), 0)


def _imports(text: str) -> Iterator[tuple[int, str]]:
    """The full name of everything that is imported, wherever the import stands."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute in this house"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _is_route(decorator: ast.expr) -> bool:
    is_call_of_method = isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)
    return is_call_of_method and decorator.func.attr in ("get", "post", "put", "patch", "delete", "route")
