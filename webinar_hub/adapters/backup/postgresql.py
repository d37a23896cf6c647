"""PostgreSQL's own pg_dump and pg_restore, called so that no password can be seen in the list of processes."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from webinar_hub.adapters.backup import BackupTrouble
from webinar_hub.core.log import without_secrets


@contextmanager
def reachable(parameters: Mapping[str, str], password: str) -> Iterator[str]:
    """A connection string whose password is in a file that only we may read, while the block runs."""
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415  optional dependency

    # Time limits made for pages and workers would end a long copy.
    wanted = {name: value for name, value in parameters.items() if name != "options"}
    with tempfile.NamedTemporaryFile("w", prefix="webinar-hub-", suffix=".pgpass") as file:
        escaped = password.replace("\\", r"\\").replace(":", r"\:")
        file.write(f"*:*:*:*:{escaped}\n")
        file.flush()
        yield make_conninfo(**(wanted | {"passfile": file.name}))


def dump(connection: str, snapshot: str, target: Path) -> None:
    """Write the database as a snapshot of it shows it, in pg_dump's own form. Raises BackupTrouble."""
    _run(
        "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
        f"--file={target}", f"--dbname={connection}",
    )  # fmt: skip


def restore(connection: str, source: Path) -> None:
    """Put a dump into a database, in place of the tables of the same name, in one transaction: whole or not at all.

    Raises BackupTrouble.
    """
    _run(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction",
        "--exit-on-error", f"--dbname={connection}", str(source),
    )  # fmt: skip


def _run(tool: str, *arguments: str) -> None:
    path = shutil.which(tool)
    if path is None:
        raise BackupTrouble(
            f"{tool} is not on the PATH. Install PostgreSQL's client programs, of the server's version or newer."
        )
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        raise BackupTrouble(f"{tool} failed: {without_secrets(' / '.join(said[:3]))}")
