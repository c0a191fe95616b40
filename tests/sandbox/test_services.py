"""The embedded PostgreSQL and Redis: private, and nothing is lost by a stop."""

import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from sandbox.services import Postgres, Redis
from sandbox.services.process import Child, StartFailed
from tests.sandbox.processes import gone


def test_what_was_committed_is_there_after_a_stop_and_a_start(tmp_path: Path) -> None:
    for expected in ([], [("kept",)]):
        server = Postgres(tmp_path, fast=True)
        server.start()
        url = server.database_ensure("shop")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS note (word text)")
            assert connection.execute("SELECT word FROM note").fetchall() == expected
            connection.execute("INSERT INTO note VALUES ('kept')")
        server.stop()


def test_a_cluster_whose_making_was_cut_off_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "half").write_text("")
    server = Postgres(tmp_path, fast=True)
    server.start()
    assert server.database_ensure("shop").endswith("/shop")
    server.stop()


def test_the_servers_listen_in_private_folders_only(tmp_path: Path) -> None:
    postgres, cache = Postgres(tmp_path, fast=True), Redis(tmp_path)
    postgres.start()
    cache.start()
    for folder in (postgres.socket_folder, cache.socket_folder):
        assert folder is not None
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
    with psycopg.connect(postgres.database_ensure("x")) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()
        assert row == ("",)
    client = redis.Redis(unix_socket_path=cache.path)
    assert client.config_get("port") == {"port": "0"}
    client.close()
    cache.stop()
    postgres.stop()
    assert not Path(str(postgres.socket_folder)).exists()


def test_a_server_that_cannot_start_says_what_its_log_says(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", "import sys; sys.exit('no room left')"], log=tmp_path / "x.log")
    with pytest.raises(StartFailed, match="no room left"):
        child.wait_ready(lambda: False, seconds=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_the_services_command(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox.services", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, database, cache = process.stdout.readline().split()
        assert (word, database[:11], cache[:12]) == ("ready", "postgresql:", "redis+socket")
        pid = int((tmp_path / "postgres" / "postmaster.pid").read_text().split()[0])
        process.send_signal(number)
        assert process.wait(20) == (0 if number == signal.SIGTERM else -number)
    assert gone(pid)
