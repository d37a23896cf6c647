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
            reason = without_secrets(
                str(getattr(error, "orig", None) or error).splitlines()[0] if str(error) else ""
            )
            yield Finding(name, "look", f"Could not be checked: {type(error).__name__} {reason}".rstrip(" ") + ".")
