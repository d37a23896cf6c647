"""What somebody needs to take part fully is arranged: written down, and told her."""

from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.models import Accommodation, Cohort, Registration
from webinar_hub.rules.texts import readable
from webinar_hub.services import audit, outbox

LONGEST_NOTE = 1000


def arrange(cohort: str, wish: int, note: str, *, by: int, now: datetime) -> None:
    """Write down that it is arranged, and tell her in these words. Raises NotFound, Conflict, Invalid."""
    row = db.session.scalars(
        select(Accommodation)
        .join(Registration, Registration.id == Accommodation.registration_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .where(Accommodation.id == wish, Cohort.key == cohort)
        .with_for_update(of=Accommodation)
    ).first()
    if row is None:
        raise NotFound("She does not ask for this any more.")
    if row.arranged_at is not None:
        raise Conflict("Somebody has arranged this already, and she has been told.")
    try:
        row.note = readable(note.replace("\r\n", "\n"), longest=LONGEST_NOTE, paragraphs=True)
    except ValueError as error:
        raise Invalid("note", str(error)) from error
    row.arranged_at, row.arranged_by, row.times = now, by, row.times + 1
    db.session.flush()
    outbox.enqueue(
        f"registration:{row.registration_id}:arranged:{row.times}", "arranged", row.registration_id, now=now
    )
    subject = f"registration:{row.registration_id}"
    # What she needs is health data: it stands in its own row, which goes, and not in the log, which stays.
    audit.note(f"organizer:{by}", "accommodation.arranged", subject, now=now)
