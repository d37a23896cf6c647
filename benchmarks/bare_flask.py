"""The floor: Flask views that insert one row and commit, by Flask-SQLAlchemy's ORM and by the database's driver."""

import os
import sqlite3
import threading
from typing import Any

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import String, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

URL = os.environ["BARE_DATABASE_URL"]
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=20000", "foreign_keys=ON")


class Base(DeclarativeBase):
    """The base of the one model."""


class Guest(Base):
    """A row of the size of a person."""

    __tablename__ = "guests"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))


db = SQLAlchemy(metadata=Base.metadata)
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = URL.replace("postgresql://", "postgresql+psycopg://")
db.init_app(app)
_own = threading.local()


def _set_pragmas(connection: Any, _: Any = None) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


with app.app_context():
    if URL.startswith("sqlite"):
        event.listen(db.engine, "connect", _set_pragmas)


@app.post("/orm")
def by_orm() -> str:
    """One ORM INSERT and COMMIT."""
    db.session.add(Guest(name="Ann Example", email="ann@example.net"))
    db.session.commit()
    return "ok"


@app.post("/raw")
def by_driver() -> str:
    """One INSERT and COMMIT without SQLAlchemy, on a connection each thread keeps."""
    mark = "?" if URL.startswith("sqlite") else "%s"
    connection = _connection()
    statement = f"INSERT INTO guests (name, email) VALUES ({mark}, {mark})"
    connection.execute(statement, ("Ann Example", "ann@example.net"))
    connection.commit()
    return "ok"


def _connection() -> Any:
    if not hasattr(_own, "connection"):
        if URL.startswith("sqlite"):
            _own.connection = sqlite3.connect(URL.removeprefix("sqlite:///"), timeout=20)
            _set_pragmas(_own.connection)
        else:
            _own.connection = psycopg.connect(URL)
    return _own.connection
