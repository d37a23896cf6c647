"""The files beside a cohort file, as uploads: read, printed where they are hand-outs, stored when new."""

import io
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from webinar_hub.adapters.storage import Storage, StoredFile, UnacceptableFile
from webinar_hub.adapters.storage.file_types import file_type_of
from webinar_hub.documents.handout import handout_digest, printable_handout
from webinar_hub.rules.cohort_file import CohortFile, CohortFileErrors, FileError, MaterialPart
from webinar_hub.services.cohort_files import Upload


def uploads(file: CohortFile, folder: Path, storage: Storage | None) -> dict[str, Upload]:
    """The materials of a cohort file by key; without `storage` (a dry run) nothing is kept.

    Raises CohortFileErrors listing every file that is missing or of a kind that is not accepted, with its line.
    """
    found: dict[str, Upload] = {}
    errors: list[FileError] = []
    for drop, position, part in _parts(file):
        path = part.file or part.handout
        if path is None:
            continue
        try:
            found[part.key] = _upload(file, part, folder / path, storage)
        except (OSError, UnacceptableFile, ValueError) as error:
            words = f"{path} cannot be read." if isinstance(error, OSError) else str(error)
            name = "file" if part.file else "handout"
            errors.append(file.error_at("drops", drop, "materials", position, name, message=words))
    if errors:
        raise CohortFileErrors(tuple(sorted(errors, key=lambda error: error.line)))
    return found


def _parts(file: CohortFile) -> Iterator[tuple[int, int, MaterialPart]]:
    for number, drop in enumerate(file.drops):
        for position, part in enumerate(drop.materials):
            yield number, position, part


def _upload(file: CohortFile, part: MaterialPart, path: Path, storage: Storage | None) -> Upload:
    source = path.read_bytes()
    if part.file is not None:
        return _plain(source, path.name, storage)
    text = source.decode()
    digest = handout_digest(title=part.title, markdown=text)
    return Upload(_keep(lambda: _printed(file, part, text), "handout.pdf", storage), "pdf", digest, text)


def _plain(source: bytes, filename: str, storage: Storage | None) -> Upload:
    file_type_of(filename)
    extension = Path(filename).suffix.lower().removeprefix(".")
    return Upload(_keep(lambda: source, filename, storage), extension, sha256(source).hexdigest())


def _printed(file: CohortFile, part: MaterialPart, text: str) -> bytes:
    return printable_handout(
        title=part.title, subtitle=file.webinar.title, author=file.cohort.organizer_name, markdown=text
    )


def _keep(content: Callable[[], bytes], filename: str, storage: Storage | None) -> Callable[[], StoredFile]:
    def keep() -> StoredFile:
        if storage is None:
            return StoredFile(name="", size=0, sha256="", media_type="")
        return storage.put(io.BytesIO(content()), filename=filename)

    return keep
