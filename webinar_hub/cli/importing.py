"""Reads a cohort file and makes it true: what the `import` command and the demo have in common."""

from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from webinar_hub.adapters.storage import StorageAway
from webinar_hub.cli.confirming import ACTOR
from webinar_hub.cli.materials import uploads
from webinar_hub.core import clock
from webinar_hub.core.db import rehearsal, transaction
from webinar_hub.core.errors import Conflict
from webinar_hub.queries import changes as seen
from webinar_hub.queries.plan import CohortPlan, cohort_plan
from webinar_hub.rules.cohort_file import CohortFile
from webinar_hub.services import cohort_files


@dataclass(frozen=True, slots=True)
class Preview:
    """What applying a file would do."""

    changes: list[seen.Change]
    announcements: list[seen.Announcement]
    plan: CohortPlan


def preview(app: Flask, file: CohortFile, folder: Path) -> Preview:
    """Try a file out and undo it. Raises CohortFileErrors for missing files, HubError for what cannot be."""
    now = clock.now()
    with app.app_context(), rehearsal():
        before = seen.snapshot(file.cohort.key)
        cohort_files.apply(file, uploads(file, folder, None), actor=ACTOR, now=now)
        after = seen.snapshot(file.cohort.key)
        plan = cohort_plan(file.cohort.key, app.extensions["limits"])
        return Preview(seen.differences(before, after), seen.announcements(file.cohort.key, now), plan)


def apply(app: Flask, file: CohortFile, folder: Path) -> None:
    """Make a file true, all of it or nothing. Raises Conflict where its materials cannot be kept at present."""
    try:
        with app.app_context(), transaction():
            materials = uploads(file, folder, app.extensions["storage"])
            cohort_files.apply(file, materials, actor=ACTOR, now=clock.now())
    except StorageAway as error:
        raise Conflict(f"The materials cannot be kept: {error} Nothing was changed.") from error
