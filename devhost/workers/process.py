"""One worker process, seen from the host."""

import asyncio
import itertools
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from devhost.app import AppError
from devhost.workers.calls import Call, Failure, Receiver
from devhost.workers.frames import read_frame, write_frame
from devhost.workers.messages import Binding, Loaded, Request, Response

_PACKAGE_FOLDER = Path(__file__).resolve().parents[2]
_GRACE_SECONDS = 2.0


class WorkerProcess:
    """A process that has loaded the app, and the calls that it has in hand."""

    def __init__(self, app: Path, log_level: str) -> None:
        self._command = [sys.executable, "-m", "devhost.workers", str(app), log_level]
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._in_hand: dict[int, Receiver] = {}
        self._numbers = itertools.count()

    @property
    def load(self) -> int:
        """The number of calls that it has in hand."""
        return len(self._in_hand)

    async def start(self, on_end: Callable[["WorkerProcess"], None]) -> Loaded:
        """Starts the process, and waits until it has loaded the app.

        Args:
            on_end: Is called once the process has ended.

        Raises:
            AppError: It cannot load the app.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*self._command, str(theirs.fileno())],
                cwd=_PACKAGE_FOLDER,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        reader, self._writer = await asyncio.open_connection(sock=ours)
        try:
            loaded: Loaded = await read_frame(reader)
        except EOFError as error:
            raise AppError("a worker process has ended before it had loaded the app") from error
        if loaded.error is not None:
            raise AppError(loaded.error)
        self._reading = asyncio.create_task(self._read(reader, on_end))
        return loaded

    def send(self, function: str, call: Call, receive: Receiver) -> None:
        """Sends a call; `receive` gets the reply, or a failure if the process ends first."""
        number = next(self._numbers)
        self._in_hand[number] = receive
        self._write(Request(number, function, call))

    def bind_client(self, binding: str) -> None:
        """Sends the value of durable client inputs."""
        self._write(Binding(binding))

    async def stop(self) -> None:
        """Ends the process: asks it to, and kills it if it takes long."""
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            await asyncio.to_thread(_end, self._process)

    def _write(self, message: object) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(write_frame(message))

    async def _read(
        self, reader: asyncio.StreamReader, on_end: Callable[["WorkerProcess"], None]
    ) -> None:
        try:
            while True:
                response: Response = await read_frame(reader)
                receive = self._in_hand.pop(response.number)
                asyncio.get_running_loop().call_soon(receive, response.reply)
        except EOFError:
            await self._fail_all()
            on_end(self)

    async def _fail_all(self) -> None:
        process = self._process
        code = await asyncio.to_thread(process.wait) if process is not None else 0
        message = f"The worker process has ended with code {code} while it ran the function"
        in_hand, self._in_hand = self._in_hand, {}
        for receive in in_hand.values():
            receive(Failure("WorkerProcessExitException", message, is_crash=True))


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
