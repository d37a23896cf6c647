"""The checks of `webinar-hub doctor`, a file a family; each yields findings, and none may end the others."""

from collections.abc import Callable, Iterable, Iterator

from webinar_hub.core.log import without_secrets
from webinar_hub.rules.checkup import Finding

Check = Callable[[], Iterable[Finding]]


def findings(checks: dict[str, Check]) -> Iterator[Finding]:
    """What all checks found; one that breaks is a finding as well."""
    for name, check in checks.items():
        try:
            yield from check()
        except Exception as error:
            yield Finding(name, "look", f"Could not be checked ({type(error).__name__}): {_first_line(error)}")


def _first_line(error: Exception) -> str:
    """What went wrong; of a database's error its own words, without the statement."""
    words = str(getattr(error, "orig", None) or error)
    return without_secrets(next(iter(words.splitlines()), ""))
