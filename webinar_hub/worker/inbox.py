"""Looks into the hub's inbox every minute, in a thread of its own; one worker of all of them does."""

import socket
import threading
from uuid import uuid4

from flask import Flask
from sqlalchemy.exc import OperationalError

from webinar_hub.adapters.inbox import InboxMessage, InboxUnreachable
from webinar_hub.adapters.inbox.imap import ImapInbox, open_inbox
from webinar_hub.adapters.inbox.setting import InboxSetting
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.log import get_logger
from webinar_hub.documents.returned import read_returned
from webinar_hub.queries.calendars import Hub
from webinar_hub.services import leadership, returned_mail

EVERY = 60.0
"""Seconds between two looks."""
LEASE = 180.0
"""Seconds for which one worker has the inbox for itself; longer than it waits for any answer of the mail server."""
BATCH = 100
ROLE = "inbox"

log = get_logger("inbox")


class InboxWatch:
    """Holds nothing that matters: how far the mailbox was read is in the database."""

    def __init__(self, app: Flask, setting: InboxSetting, *, every: float = EVERY) -> None:
        self._app = app
        self._setting = setting
        self._every = every
        self._owner = f"{socket.gethostname()}:{uuid4().hex}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Finish the message in hand, waiting so long for it; what is left is taken up by the next look."""
        self._stop.set()
        self._thread.join(seconds)

    def look(self) -> int:
        """Take every message that has come since the last look; how many.

        Raises InboxUnreachable, and what the database raises; then nothing is lost, and the next look goes on.
        """
        with self._app.app_context():
            if not self._mine():
                return 0
            with open_inbox(self._setting) as inbox:
                return self._take_all(inbox)

    def _take_all(self, inbox: ImapInbox) -> int:
        name, validity, taken = self._setting.name, inbox.uid_validity, 0
        with transaction():  # which ends before the mail server is asked again: it may take its time
            last = returned_mail.position(name, validity)
        uids = inbox.after(last)
        for start in range(0, len(uids), BATCH):
            if self._stop.is_set() or not self._mine():
                break
            batch = uids[start : start + BATCH]
            done = [message.uid for message in inbox.read(batch) if self._take(message)]
            self._mark(inbox, done)
            with transaction():
                returned_mail.move_on(name, validity, batch[-1])
            taken += len(batch)
        return taken

    def _take(self, message: InboxMessage) -> bool:
        """Whether nobody needs to look at the message any more."""
        if message.content is None:
            log.warning("message too large to be looked at", uid=message.uid, size=message.size)
            return False
        hub: Hub = self._app.extensions["hub"]
        try:
            mail = read_returned(message.content)
            with transaction():
                taken = returned_mail.take(mail, hub.returns, calendar_host=hub.host, now=clock.now())
        except OperationalError:
            raise  # the database is away; this message is taken up again
        except Exception as error:
            # Whatever is wrong with this one, those behind it must be read (F12).
            log.error("message cannot be taken", uid=message.uid, error=repr(error))
            return False
        if taken != "for people":
            log.info("message taken", uid=message.uid, taken=taken)
        return taken != "for people"

    def _mark(self, inbox: ImapInbox, done: list[int]) -> None:
        try:
            inbox.mark_handled(done)
        except InboxUnreachable as error:
            # They are done all the same: how far we have come stands in the database.
            log.warning("messages cannot be marked as read", reason=str(error))

    def _mine(self) -> bool:
        with transaction():
            return leadership.hold(self._owner, LEASE, role=ROLE)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except InboxUnreachable as error:
                log.warning("inbox cannot be read", reason=str(error))
            except Exception as error:
                log.error("looking into the inbox failed", error=repr(error))
            self._stop.wait(self._every)
        self._hand_over()

    def _hand_over(self) -> None:
        try:
            with self._app.app_context(), transaction():
                leadership.give_up(self._owner, role=ROLE)
        except Exception as error:
            log.warning("inbox not handed over", error=repr(error))
