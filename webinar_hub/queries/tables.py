"""The tables of a database and how many rows each holds, by which a copy is compared with its original."""

from datetime import datetime

from sqlalchemy import Connection, func, inspect, or_, select, table

from webinar_hub.models import Broadcast, Delivery

# Rows that say nothing of what a database is for.
UNIMPORTANT = frozenset({"alembic_version", "leases", "allowances"})


def row_counts(connection: Connection) -> dict[str, int]:
    """Rows by table, for all tables there are; inside a snapshot they belong together."""
    names = sorted(inspect(connection).get_table_names())
    return {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


def holds_anything(connection: Connection) -> bool:
    """Whether anybody has put anything into this database."""
    return any(number for name, number in row_counts(connection).items() if name not in UNIMPORTANT)


def would_be_sent(connection: Connection, now: datetime) -> tuple[int, int]:
    """How many messages of plans and how many deliveries a worker would take up at once."""
    messages = select(func.count()).where(
        Broadcast.state.in_(("planned", "expanding")),
        Broadcast.due_at <= now,
        Broadcast.is_free(now),
        or_(Broadcast.expires_at.is_(None), Broadcast.expires_at > now),
    )
    deliveries = select(func.count()).where(
        Delivery.state.in_(("queued", "sending")),
        Delivery.due_at <= now,
        or_(Delivery.expires_at.is_(None), Delivery.expires_at > now),
    )
    return connection.scalar(messages) or 0, connection.scalar(deliveries) or 0
