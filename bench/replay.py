"""What our code says to PostgreSQL, turn by turn, written down so that pgbench can say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from sqlalchemy import Engine, event, make_url

from bench.databases import Databases

VALUES = "bench_values"


@dataclass(frozen=True, slots=True)
class Said:
    """A statement with its values; `returned` is the first column of the row that an insert gave back."""

    text: str
    values: dict[str, Any]
    returned: int | None = None
    column: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """`script` says one turn; what differs from turn to turn is read from a table first, in one statement more."""

    statements: Sequence[str]
    script: str
    columns: Sequence[Sequence[str]]
    each: int

    def store(self, databases: Databases, name: str) -> None:
        address = make_url(databases.url(name))
        names = [f"v{place}" for place in range(len(self.columns))]
        described = ", ".join(f"{one} text" for one in names)
        with psycopg.connect(host=str(address.query["host"]), user="duewell", dbname=name) as connection:
            connection.execute(f"create table {VALUES} (client int, turn int, {described}, primary key (client, turn))")
            with connection.cursor().copy(f"copy {VALUES} (client, turn, {', '.join(names)}) from stdin") as copy:
                for turn, row in enumerate(zip(*self.columns, strict=True)):
                    copy.write_row((turn // self.each, turn % self.each, *row))
            connection.execute(f"analyze {VALUES}")


class Recorder:
    """Listens to an engine while its block runs; `turn_over` ends a turn."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turns: list[list[Said]] = [[]]
        self._listening = {"begin": self._begin, "after_cursor_execute": self._statement, "commit": self._commit}

    def __enter__(self) -> "Recorder":
        for name, listener in self._listening.items():
            event.listen(self._engine, name, listener)
        return self

    def __exit__(self, *_: object) -> None:
        for name, listener in self._listening.items():
            event.remove(self._engine, name, listener)

    def turn_over(self) -> None:
        self._turns.append([])

    def recorded(self, each: int) -> Recorded:
        """
        :raises RuntimeError: the turns differ in more than values.
        """
        turns = [turn for turn in self._turns if turn]
        texts = [said.text for said in turns[0]]
        for turn in turns:
            if [said.text for said in turn] != texts:
                raise RuntimeError("two turns say different statements: pgbench cannot say both")
        return _Writer(turns).written(each)

    def _begin(self, _: object) -> None:
        self._turns[-1].append(Said("begin", {}))

    def _commit(self, _: object) -> None:
        self._turns[-1].append(Said("commit", {}))

    def _statement(self, _: object, cursor: Any, statement: str, values: Any, *__: object) -> None:
        one = dict(values[0] if isinstance(values, list) else values)
        returned, column = None, ""
        if statement.lower().startswith("insert") and cursor.description and cursor.rowcount == 1:
            column = cursor.description[0].name
            returned = int(cursor.pgresult.get_value(0, 0))
        self._turns[-1].append(Said(statement, one, returned, column))


class _Writer:
    def __init__(self, turns: Sequence[Sequence[Said]]) -> None:
        self._turns = turns
        self._columns: dict[tuple[str, ...], str] = {}
        self._returned: dict[tuple[int, ...], str] = {}

    def written(self, each: int) -> Recorded:
        texts = [self._statement(place) for place in range(len(self._turns[0]))]
        names = ", ".join(self._columns.values())
        script = "\n".join(
            [
                f"select {names} from {VALUES} where client = :client_id and turn = :turn \\gset",
                "\\set turn :turn + 1",
                *texts,
            ]
        )
        return Recorded([said.text for said in self._turns[0]], script, list(self._columns), each)

    def _statement(self, place: int) -> str:
        said = [turn[place] for turn in self._turns]
        values = {name: self._value([one.values[name] for one in said]) for name in said[0].values}
        text = " ".join((said[0].text % values if values else said[0].text).split())
        if said[0].returned is None:
            return f"{text};"
        self._returned[tuple(one.returned or 0 for one in said)] = f":r{place}_{said[0].column}"
        return f"{text} \\gset r{place}_"

    def _value(self, values: Sequence[Any]) -> str:
        """A number that is always the same, what an insert of this turn gave back, else a column of the table."""
        if all(value is None for value in values):
            return "null"
        if all(type(value) is int for value in values):
            if len(set(values)) == 1:
                return str(values[0])
            if tuple(values) in self._returned:
                return self._returned[tuple(values)]
        spelt = tuple(map(_spelt, values))
        name = self._columns.setdefault(spelt, f"v{len(self._columns)}")
        return f":{name}"


def _spelt(value: Any) -> str:
    """As the driver writes it."""
    if value is None:
        raise RuntimeError("a value that is sometimes null cannot be a variable of pgbench")
    spelt = Transformer().get_dumper(value, PyFormat.TEXT).dump(value)
    return bytes(spelt or b"").decode()
