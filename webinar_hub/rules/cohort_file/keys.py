"""Names by which sessions, drops and materials are known again when a cohort file is read a second time."""

from webinar_hub.rules.cohort_file import checks
from webinar_hub.rules.cohort_file.lines import KeyPath, line_of
from webinar_hub.rules.cohort_file.table import Notebook, Table


class Keys:
    """The keys given out so far; one that comes twice is an error where it stands the second time."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._taken: dict[str, KeyPath] = {}

    def read(self, table: Table, otherwise: str) -> str:
        """Return the `key` of the table, or `otherwise` when it has none, and claim it."""
        key, path = table.text("key", longest=80, check=checks.slug) or otherwise, (*table.path, "key")
        if key in self._taken:
            line = line_of(self._notebook.lines, self._taken[key])
            message = f'The key "{key}" is already used on line {line}. Write key = "..." with another name here.'
            self._notebook.note(path, message)
        self._taken.setdefault(key, path)
        return key

    def imply(self, key: str, path: KeyPath) -> str:
        """Claim the key of something that nobody wrote down; the written one that has it already must yield."""
        if key in self._taken:
            message = (
                f'"{key}" is the key that a session of the weekly rule gets by itself. Choose another one here.'
            )
            self._notebook.note(self._taken[key], message)
        self._taken.setdefault(key, path)
        return key
