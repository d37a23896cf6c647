"""Somebody who signs up on the pages of a real web process, and tries again when that fails."""

import re
from dataclasses import dataclass, field

import requests
from seeding import Hub

SUCCESS = 303
NO_ANSWER = 0
"""Stands for a connection that was refused, cut, or silent for too long."""


@dataclass(slots=True)
class Visitor:
    """A browser with this address to sign up with; `patience` is seconds for an answer."""

    port: int
    cohort: str
    email: str
    patience: float = 60.0
    _browser: requests.Session = field(default_factory=requests.Session)

    @property
    def _form(self) -> str:
        return f"http://127.0.0.1:{self.port}/w/small/sign-up/{self.cohort}"

    def load(self) -> int:
        """Open the form; the status of the answer."""
        return self._ask("GET", {})

    def sign_up(self) -> int:
        """Send the form that was loaded; the status of the answer."""
        self._filled |= {"name": "Robin", "email": self.email, "profession": "OT", "zone": "UTC"}
        return self._ask("POST", self._filled)

    _filled: dict[str, str] = field(default_factory=dict)

    def _ask(self, method: str, data: dict[str, str]) -> int:
        try:
            answer = self._browser.request(
                method, self._form, data=data, timeout=self.patience, allow_redirects=False
            )
        except requests.RequestException:
            return NO_ANSWER
        if token := re.search(r'name="csrf_token"[^>]* value="([^"]+)"', answer.text):
            self._filled = {"csrf_token": token[1]}
        return answer.status_code


def visitor(hub: Hub, port: int, email: str = "ann@example.net", **settings: float) -> Visitor:
    """Somebody who wants to come to the hub's cohort."""
    return Visitor(port, hub.cohort_public_id(), email, **settings)
