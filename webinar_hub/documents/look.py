"""How mails look in this house: colors from the owner's accent, and what stands at their foot."""

from dataclasses import dataclass
from functools import lru_cache

from webinar_hub.documents.names import plain_name
from webinar_hub.rules import colors
from webinar_hub.rules.house import House


@dataclass(frozen=True, slots=True)
class Look:
    """Colors for templates/email/mail.css, and the lines at a mail's foot."""

    accent: str
    heading: str
    dark_accent: str
    on_dark_accent: str
    footer: tuple[str, ...] = ()


# Chosen by hand for the house's own accent.
HOUSE_LOOK = Look("#1f5f5b", "#173f3c", "#93d0c7", "#0f2b29")


def look_of(house: House) -> Look:
    """The look that this house's owner has set."""
    return _look(house.accent, house.postal_address, house.privacy_url)


@lru_cache(maxsize=8)
def _look(accent: str, address: str, privacy_url: str) -> Look:
    lines = [plain_name(line) for line in address.splitlines()]
    foot = (*lines, f"Privacy: {privacy_url}") if privacy_url else tuple(lines)
    if accent == colors.ACCENT:
        return Look(HOUSE_LOOK.accent, HOUSE_LOOK.heading, HOUSE_LOOK.dark_accent, HOUSE_LOOK.on_dark_accent, foot)
    dark = colors.dark(accent)
    return Look(accent, colors.mixed(accent, "#000000", 0.3), dark.accent, dark.on_accent, foot)
