"""Takes somebody's address out of what organizers left lying: files of people, drafts, saved lists."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

from sqlalchemy import String, cast, delete, func, or_, select

from webinar_hub.core.db import db
from webinar_hub.models import Draft, PeopleImport, PeopleView
from webinar_hub.rules.personal_data import Whose


def forget(whose: Whose) -> None:
    """Rows of files that name one of her addresses go, and so do drafts and saved lists that do."""
    for row in _imports(whose):
        row.rows = [cells for cells in row.rows if not _names(cells, whose)]
        wrong = [told for told in row.result.get("wrong", ()) if not _names(told, whose)]
        row.result = row.result | ({"wrong": wrong} if "wrong" in row.result else {})
    db.session.flush()
    for column, model in ((cast(Draft.fields, String), Draft), (PeopleView.query, PeopleView)):
        db.session.execute(
            delete(model).where(_holds(column, whose)).execution_options(synchronize_session=False)
        )  # fmt: skip


def _imports(whose: Whose) -> Sequence[PeopleImport]:
    mentioned = or_(
        _holds(cast(PeopleImport.rows, String), whose), _holds(cast(PeopleImport.result, String), whose)
    )
    rows: Any = select(PeopleImport).where(mentioned).order_by(PeopleImport.id).with_for_update()
    return db.session.scalars(rows).all()


def _names(cells: Sequence[Any], whose: Whose) -> bool:
    written = " ".join(str(cell).lower() for cell in cells)
    return any(address in written for address in whose.addresses)


def _holds(column: Any, whose: Whose) -> Any:
    """Whether a text names one of her addresses, as it is or as it stands in a link."""
    wanted = {text.lower() for address in whose.addresses for text in (address, quote_plus(address))}
    return or_(*(func.lower(column).contains(text, autoescape=True) for text in sorted(wanted)))
