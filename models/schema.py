"""The schema's one head, and the way there."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, text

from models.errors import N_, Refused

if TYPE_CHECKING:  # Alembic is slow to import, and the web server needs it for /readyz alone.
    from alembic.config import Config

FOLDER = Path(__file__).parent.parent / "migrations"


class DatabaseUnsuitable(Refused):
    pass


def upgrade(engine: Engine) -> None:
    """
    Bring the database to the newest schema.

    :raises DatabaseUnsuitable: it folds or compares letters wrongly, so that names would not be found.
    """
    from alembic import command

    with engine.begin() as connection:
        connection.execute(text("create extension if not exists pg_trgm"))
        if connection.scalar(text("select lower('Ž') <> 'ž' or similarity('سلام', 'سلام') < 1")):
            raise DatabaseUnsuitable(
                N_("This database knows no letters beyond ASCII. Create it with ENCODING UTF8 and LC_CTYPE C.UTF-8.")
            )
        command.upgrade(_config(connection), "head")


def head() -> str:
    """The revision that this code expects."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(_config(None)).get_current_head())


def _config(connection: object) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
