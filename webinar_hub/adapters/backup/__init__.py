"""Backups: the file one is (archive.py), copies of a SQLite database (sqlite.py), pg_dump (postgresql.py)."""

from webinar_hub.core.errors import HubError


class BackupTrouble(HubError):
    """A backup cannot be made, read or trusted; nothing was changed."""
