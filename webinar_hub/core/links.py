"""The absolute links that mails and invites carry; the routes they lead to are in `web/`, and a test walks them."""

from dataclasses import dataclass
from datetime import datetime

from webinar_hub.core.tokens import Tokens


@dataclass(frozen=True)
class Links:
    """Builds links from the configured base, never from a request's Host header (A24)."""

    base: str
    tokens: Tokens

    def home(self) -> str:
        """The public home page."""
        return f"{self.base}/"

    def webinar(self, slug: str) -> str:
        """A webinar's public page."""
        return f"{self.base}/w/{slug}"

    def cover(self, slug: str) -> str:
        """A webinar's picture (PNG, 1200 × 630)."""
        return f"{self.base}/w/{slug}/cover.png"

    def session(self, session: str) -> str:
        """The page calendars link to: it holds no personal secret, because people share calendars."""
        return f"{self.base}/join/{session}"

    def me(self, person: int, nonce: str) -> str:
        """A person's own page."""
        return f"{self.base}/me/{self.tokens.sign('me', person, nonce)}"

    def join(self, me: str, session: str) -> str:
        """Her join page for a session, below the link `me`."""
        return f"{me}/join/{session}"

    def drop(self, me: str, drop: str) -> str:
        """A bonus drop on her page, below the link `me`."""
        return f"{me}/bonus/{drop}"

    def prove(self, registration: int, nonce: str, revision: int) -> str:
        """The page with the button by which she shows that the address is hers (double opt-in)."""
        return f"{self.base}/prove/{self.tokens.sign('prove', registration, nonce, revision)}"

    def unsubscribe(self, registration: int, nonce: str) -> str:
        """The page (GET) and one-click address (POST, RFC 8058) that end a cohort's reminders and bonuses."""
        return f"{self.base}/unsubscribe/{self.tokens.sign('unsubscribe', registration, nonce)}"

    def no_news(self, registration: int, nonce: str) -> str:
        """The page (GET) and one-click address (POST) that end a person's news."""
        return f"{self.unsubscribe(registration, nonce)}/news"

    def offer(self, registration: int, nonce: str) -> str:
        """The page (GET) on which she accepts or declines (POST) a seat that is held for her."""
        return f"{self.base}/offer/{self.tokens.sign('offer', registration, nonce)}"

    def download(self, registration: int, nonce: str, drop: int, material: int) -> str:
        """One material of one drop, for one registration."""
        return f"{self.base}/d/{self.tokens.sign('download', registration, nonce, drop, material)}"

    def feed(self, person: int, nonce: str) -> str:
        """A person's calendar subscription."""
        return f"{self.base}/cal/{self.tokens.sign('feed', person, nonce)}.ics"

    def studio_feed(self, organizer: int, nonce: str) -> str:
        """An organizer's calendar subscription."""
        return f"{self.base}/cal/studio/{self.tokens.sign('studio-feed', organizer, nonce)}.ics"

    def start(self, presenter: int, nonce: str) -> str:
        """A presenter's own page: her sessions, and the button that starts them."""
        return f"{self.base}/start/{self.tokens.sign('start', presenter, nonce)}"

    def address(self, wish: int, nonce: str) -> str:
        """The page on which somebody shows that a new address is hers."""
        return f"{self.base}/address/{self.tokens.sign('address', wish, nonce)}"

    def stop_address(self, wish: int, nonce: str) -> str:
        """The page on which a change of address is stopped, for whoever reads the old one."""
        return f"{self.base}/address/stop/{self.tokens.sign('stop-address', wish, nonce)}"

    def undo_address(self, former: int, until: datetime) -> str:
        """The page on which a change of address that was made is undone, for whoever reads the old one."""
        return f"{self.base}/address/undo/{self.tokens.sign('undo-address', former, until.isoformat())}"

    def transfer(self, transfer: int, nonce: str) -> str:
        """The page on which a colleague takes the place she is offered, or does not."""
        return f"{self.base}/transfer/{self.tokens.sign('transfer', transfer, nonce)}"

    def group(self, invitation_list: int, nonce: str) -> str:
        """The page of whoever has signed up a group: how far her people are, and nothing else of them."""
        return f"{self.base}/group/{self.tokens.sign('group', invitation_list, nonce)}"

    def invitation(self, invitation: int, nonce: str) -> str:
        """The page on which somebody who is invited says yes or no."""
        return f"{self.base}/invitation/{self.tokens.sign('invitation', invitation, nonce)}"

    def no_invitations(self, invitation: int, nonce: str) -> str:
        """The page (GET) and one-click address (POST) that end all invitations to an address."""
        return f"{self.invitation(invitation, nonce)}/never"

    def erase(self, erasure: int, nonce: str) -> str:
        """The page on which she says that it was she who asked for her data to be deleted."""
        return f"{self.base}/erase/{self.tokens.sign('erase', erasure, nonce)}"

    def studio(self) -> str:
        """The studio's first page."""
        return f"{self.base}/studio/"
