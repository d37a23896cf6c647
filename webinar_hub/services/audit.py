"""Writes the audit log, and the chain that shows whether anybody has changed it since."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from webinar_hub.core.db import at_the_end, db
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import AuditCheck, AuditEntry, AuditHead, AuditLink
from webinar_hub.rules.audit_chain import BEGIN, Verdict, digest, is_chained

ONLY = 1


def note(actor: str, action: str, subject: str, *, now: datetime, **detail: Any) -> None:
    """Add an entry, in the transaction of the change it tells of."""
    entry = AuditEntry(at=now, actor=actor, action=action, subject=subject, detail=detail)
    db.session.add(entry)
    if is_chained(actor, action):
        at_the_end(seal, entry)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is not as it was, for `note`: by name what stood there `before` and what stands there `after`."""
    names = [name for name in after if after[name] != before[name]]
    return {"before": {name: before[name] for name in names}, "after": {name: after[name] for name in names}}


def seal(entries: list[AuditEntry]) -> None:
    """Join what this transaction noted to the chain, right before its commit.

    The head is locked from here on, so no two transactions continue from one digest. What is locked at the end is
    locked in the order of names, and this name comes last: nobody who holds the head waits for another row.
    """
    db.session.flush()
    head = _locked_head()
    position, reached = head.position, head.digest
    links = []
    for entry in entries:
        position, reached = position + 1, digest(reached, entry)
        links.append({"entry_id": entry.id, "position": position, "digest": reached})
    db.session.execute(insert(AuditLink), links)
    head.position, head.digest = position, reached


def keep_check(verdict: Verdict, *, now: datetime) -> None:
    """Put on record how far the chain was found whole."""
    check = AuditCheck(at=now, position=verdict.position, digest=verdict.digest, fault=verdict.fault[:300])
    db.session.add(check)


def _locked_head() -> AuditHead:
    head = db.session.get(AuditHead, ONLY, with_for_update=True, populate_existing=True)
    if head is None:
        insert_new(AuditHead, {"id": ONLY, "position": 0, "digest": BEGIN}, "id")
        head = db.session.get_one(AuditHead, ONLY, with_for_update=True, populate_existing=True)
    return head
