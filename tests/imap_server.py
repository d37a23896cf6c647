"""A real IMAP server on loopback: Dovecot, started for the tests that need it, with any number of mailboxes."""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PASSWORD = "it-is-a/secret@home"
IS_ROOT = os.geteuid() == 0

CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_login_user = {login_user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_uid = {user}
mail_gid = {group}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class ImapServer:
    """A running server; `folder` holds its mailboxes."""

    folder: Path
    port: int

    def mailbox(self, user: str) -> "ImapMailbox":
        """A new, empty mailbox of this user."""
        path = self.folder / "mail" / user
        for name in ("cur", "new", "tmp"):
            (path / name).mkdir(parents=True)
        for each in (path, *path.iterdir()):
            _hand_over(each)
        return ImapMailbox(self, user, path)


@dataclass(frozen=True)
class ImapMailbox:
    """One user's INBOX."""

    server: ImapServer
    user: str
    path: Path

    @property
    def url(self) -> str:
        """The setting that leads there."""
        password = PASSWORD.replace("/", "%2F").replace("@", "%40")
        return f"imap://{self.user}:{password}@127.0.0.1:{self.server.port}/INBOX?security=none"

    def receive(self, *messages: bytes, size: int | None = None) -> None:
        """Put messages into the mailbox as a mail server does; `size` makes them so many bytes long."""
        begin = len(list(self.path.glob("*/*.hub*")))
        for number, content in enumerate(messages, start=begin):
            path = self.path / "new" / f"{1_700_000_000 + number}.M{number:06}P1.hub"
            path.write_bytes(content)
            if size:
                os.truncate(path, size)
            _hand_over(path)

    def flags(self) -> list[bool]:
        """Of each message, whether it is marked as read."""
        with self.client() as client:
            found = client.fetch(client.search(), ["FLAGS"])
            return [b"\\Seen" in found[uid][b"FLAGS"] for uid in sorted(found)]

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Somebody reading the mailbox."""
        client = IMAPClient("127.0.0.1", self.server.port, ssl=False, timeout=30)
        try:
            client.login(self.user, PASSWORD)
            client.select_folder("INBOX")
            yield client
        finally:
            client.logout()


@contextmanager
def imap_server() -> Iterator[ImapServer]:
    """Dovecot until the block ends."""
    assert DOVECOT
    # Not below pytest's folder, which is closed to the user that the server runs as for root.
    folder = Path(tempfile.mkdtemp(prefix="hub-imap-"))
    server = ImapServer(folder, _free_port())
    _prepare(folder, server.port)
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(folder / "conf")], stdout=subprocess.DEVNULL)
    try:
        _wait_for(server)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path, port: int) -> None:
    folder.chmod(0o755)
    for name in ("run", "state", "mail", "home"):
        (folder / name).mkdir()
    # Started by root it must not stay root; started by anybody else it stays who it is.
    own = pwd.getpwuid(os.geteuid()).pw_name
    user, login_user = ("dovecot", "dovenull") if IS_ROOT else (own, own)
    words = CONFIGURATION.format(
        folder=folder, port=port, password=PASSWORD, user=user, login_user=login_user, group=_group_of(user)
    )
    (folder / "conf").write_text(words)
    for path in (folder / "mail", folder / "home"):
        _hand_over(path)


def _group_of(user: str) -> str:
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def _hand_over(path: Path) -> None:
    if IS_ROOT:
        shutil.chown(path, "dovecot", "dovecot")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(server: ImapServer) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError((server.folder / "log").read_text())


def many(content: bytes, number: int) -> Sequence[bytes]:
    """So many different small messages."""
    return [b"X-Number: %d\r\n" % each + content for each in range(number)]
