"""A forked process is the command it was asked to be, and nothing of it stays behind."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import forks
from sandbox.supervisor import Part, PartFailed, Supervisor
from tests.sandbox.processes import ROOT, gone

SCRIPT = """
import os, sys
print('ready', sys.argv[1:], os.environ['WORD'], __name__, os.getsid(0) == os.getpid(), sys.stdin.read(), flush=True)
print('careful', file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "word.py"
    path.write_text(SCRIPT)
    return str(path)


def test_a_forked_command_has_its_arguments_environment_output_and_exit_code(script: str) -> None:
    async def story() -> tuple[str, str, int]:
        process = await forks.fork([sys.executable, script, "3", "x"], {"WORD": "hello"}, merge=False)
        out, error = await asyncio.gather(process.stdout.read(), process.stderr.read())
        return out.decode(), error.decode(), await process.wait()

    out, error, code = asyncio.run(story())
    assert out == "ready ['3', 'x'] hello __main__ True \n"
    assert error == "careful\n"
    assert code == 3


def test_a_command_that_fails_says_what_it_printed(script: str, tmp_path: Path) -> None:
    async def story(code: str) -> str:
        supervisor = Supervisor(tmp_path / "logs", show=False)
        return await supervisor.run(Part("word", [sys.executable, script, code], env={"WORD": "hi"}))

    assert asyncio.run(story("0")).startswith("ready ['0'] hi")
    with pytest.raises(PartFailed, match="(?s)word failed:.*careful"):
        asyncio.run(story("1"))


def test_only_python_modules_and_scripts_are_forked() -> None:
    python = sys.executable
    commands = ([python, "-m", "x"], [python, "manage.py", "y"], [python, "-c", "z"], ["redis-server", "-m"])
    assert [forks.forkable(command) for command in commands] == [True, True, False, False]


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from sandbox.supervisor import Part, Supervisor

async def main():
    supervisor = Supervisor(Path(sys.argv[1]), show=False)
    command = [sys.executable, "-m", "sandbox.rates", "--port", "0", "--data", sys.argv[1]]
    await supervisor.start_all(Part("rates", command))
    print(supervisor.waves[0][0][1].pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_forked_part_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert gone(int(done.stdout))
