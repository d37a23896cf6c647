"""What can go wrong in a way a person can do something about; each error carries the words she reads."""

from webinar_hub.core.language import gettext as _


class HubError(Exception):
    """An expected failure: `message` is shown to the person as it is."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(HubError):
    """There is no such thing, or not for her; the two are told apart by nothing (A09, A13)."""

    status = 404

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _("This page does not exist, or the link is no longer valid."))


class NotAllowed(HubError):
    """It exists, but not now."""

    status = 403


class Conflict(HubError):
    """The wish came too late or contradicts what is: a full cohort, a past session."""

    status = 409


class Invalid(HubError):
    """A value cannot be used; `field` names it."""

    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class TooMany(HubError):
    """More than is reasonable; `retry_after` in seconds."""

    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
