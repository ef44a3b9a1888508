"""The stack of emulator and host: for the shell, and as a context manager."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from devhost.stack import Azurite, LocalStack, StackError
from devhost.stack.functions_host import FunctionsHost, choose_host
from devhost.stack.processes import ProcessId, free_port, identify, start_time
from devhost.stack.signin import SignIn
from tests.devhost.running import REPOSITORY, SAMPLE_APP, needs_azurite
from tests.waiting import wait_for

SETTINGS = {"TICK_SCHEDULE": "0 0 0 1 1 *"}


@needs_azurite
def test_storage_outlives_a_host_that_is_killed_and_restarted(tmp_path: Path) -> None:
    with LocalStack(SAMPLE_APP, tmp_path, settings=SETTINGS, health="/api/ticks") as stack:
        with BlobServiceClient.from_connection_string(stack.connection_string) as client:
            client.create_container("kept")
            stack.kill_host()
            stack.restart_host()
            names = [container.name for container in client.list_containers()]

        assert "kept" in names
        with urllib.request.urlopen(f"{stack.url}/api/ticks") as response:
            assert response.read() == b"1"
        assert stack.azurite.process is not None
        azurite = identify(stack.azurite.process.pid)
    wait_for(lambda: not azurite.is_alive())


@needs_azurite
def test_data_survive_the_emulator(tmp_path: Path) -> None:
    for expected in ([], ["kept"]):
        with (
            Azurite(tmp_path) as azurite,
            BlobServiceClient.from_connection_string(azurite.connection_string) as client,
        ):
            assert [container.name for container in client.list_containers()] == expected
            if not expected:
                client.create_container("kept")


@needs_azurite
def test_an_emulator_whose_port_is_taken_takes_another(tmp_path: Path) -> None:
    azurite = Azurite(tmp_path)
    with socket.create_server(("127.0.0.1", azurite.ports["queue"])), azurite:
        client = BlobServiceClient.from_connection_string(azurite.connection_string)
        client.create_container("made")
        client.close()


@needs_azurite
def test_up_registers_a_stack_and_down_ends_it(tmp_path: Path) -> None:
    def run(command: str, *more: str) -> str:
        arguments = ["--root", str(SAMPLE_APP), "--state-dir", str(tmp_path), "--port", "0"]
        arguments += ["--health", "/api/ticks", "--host", "devhost"]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "devhost.stack",
                command,
                *arguments,
                "--health",
                "/api/ticks",
                "--host",
                "devhost",
                *more,
            ],
            cwd=REPOSITORY,
            env={**os.environ, **SETTINGS, "XDG_STATE_HOME": str(tmp_path / "state")},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    try:
        assert "Ready at http://127.0.0.1:" in run("up")
        assert "already running" in run("up")
        state = json.loads((tmp_path / "stack.json").read_text())
        registered = list((tmp_path / "state" / "batchpoint" / "stacks").glob("*.json"))
        kept = json.loads(registered[0].read_text())
        assert kept["url"] == state["url"]
        assert kept["pid"] == state["processes"]["host"]["pid"]
        assert kept["root"] == str(SAMPLE_APP)
        assert run("status", "--url") == f"{state['url']}\n"
        environment = Path(f"/proc/{kept['pid']}/environ").read_bytes().decode().split("\0")
        assert f"TMPDIR={tmp_path / 'scratch'}" in environment
        assert registered[0].stat().st_mode & 0o777 == 0o600
        token = SignIn(**kept["sign_in"]).token()
        assert kept["sign_in"]["client_secret"] not in token
    finally:
        assert "Stopped." in run("down")
    assert "not running" in run("down")
    assert "not running" in run("status", "--url")
    (tmp_path / "scratch" / "kept").write_text("from before")
    assert "Ready at" in run("up", "--fresh")
    assert "Stopped." in run("down")
    assert not (tmp_path / "scratch" / "kept").exists()
    assert not registered[0].exists()
    assert all(start_time(process["pid"]) is None for process in state["processes"].values())


def test_a_host_that_ends_shows_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text("raise RuntimeError('the reason')")
    host = FunctionsHost(tmp_path, tmp_path / "host.log")

    with pytest.raises(StackError, match="the reason"):
        host.start(free_port(), {})


FUNC = """#!/bin/sh
env >"$OUT/environment"
sleep 1000 &
echo $! >"$OUT/child.partial" && mv "$OUT/child.partial" "$OUT/child"
wait
"""


def test_core_tools_get_this_python_watch_no_files_and_are_killed_with_their_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "func"
    program.parent.mkdir()
    program.write_text(FUNC)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    host = FunctionsHost(SAMPLE_APP, tmp_path / "host.log", kind="func", workers=3)

    host.launch(free_port(), {"OUT": str(tmp_path)})
    wait_for((tmp_path / "child").exists)
    lines = (tmp_path / "environment").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    child = int((tmp_path / "child").read_text())
    host.kill()

    programs = Path(sys.executable).parent
    assert environment["PATH"].startswith(f"{programs}{os.pathsep}{program.parent}")
    assert environment["VIRTUAL_ENV"] == str(programs.parent)
    assert environment["AzureFunctionsJobHost__fileWatchingEnabled"] == "false"
    assert environment["FUNCTIONS_WORKER_PROCESS_COUNT"] == "3"
    wait_for(lambda: start_time(child) is None)


def test_core_tools_are_taken_only_where_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackError, match="not on PATH"):
        choose_host("func")

    program = tmp_path / "func"
    program.write_text(FUNC)
    program.chmod(0o755)

    assert choose_host()[0] == "devhost"
    assert choose_host("func")[0] == "func"


def test_a_pid_that_was_used_again_is_not_touched() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with child:
        ProcessId(child.pid, "another start").stop()
        assert child.poll() is None
        child.kill()


def test_a_host_whose_port_is_taken_takes_another(tmp_path: Path) -> None:
    first, second = (
        FunctionsHost(SAMPLE_APP, tmp_path / f"{name}.log", health="/api/ticks") for name in "ab"
    )
    port = free_port()
    try:
        first.launch(port, SETTINGS)
        second.launch(port, SETTINGS)
        first.wait()
        second.wait()
        assert port in {first.port, second.port}
        assert first.port != second.port
        for host in (first, second):
            with urllib.request.urlopen(f"{host.url}/api/ticks") as response:
                assert response.status == 200
    finally:
        first.stop()
        second.stop()


@needs_azurite
def test_what_the_emulator_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    azurite = Azurite(tmp_path)
    try:
        for round_ in range(3):
            azurite.start()
            with BlobServiceClient.from_connection_string(azurite.connection_string) as client:
                if not round_:
                    client.create_container("kept")
                container = client.get_container_client("kept")
                expected = {f"{earlier}-{n}" for earlier in range(round_) for n in range(20)}
                assert set(container.list_blob_names()) == expected
                for name in expected:
                    assert container.download_blob(name).readall() == name.encode()
                for number in range(21):
                    name = f"{round_}-{number}"
                    container.upload_blob(name, name)
                container.delete_blob(f"{round_}-20")
                staged = container.get_blob_client("staged")
                staged.stage_block("0", b"rows")
            azurite.kill()
        azurite.start()
        with BlobServiceClient.from_connection_string(azurite.connection_string) as client:
            staged = client.get_blob_client("kept", "staged")
            staged.commit_block_list(["0"])
            assert staged.download_blob().readall() == b"rows"
    finally:
        azurite.stop()
