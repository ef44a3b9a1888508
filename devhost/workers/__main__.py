"""`python -m devhost.workers APP LOG_LEVEL SOCKET`: a worker process; the host starts it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from devhost.app import AppError, AppFunction, load_functions
from devhost.running import end_with_parent, leave, set_up_logging
from devhost.workers.calls import Reply
from devhost.workers.frames import read_frame, write_frame
from devhost.workers.invoker import Invoker
from devhost.workers.messages import Binding, Loaded, Request, Response
from devhost.workers.threads import Threads, pool_size


def main() -> int:
    """Serves the host until it closes the connection; gives the exit code."""
    end_with_parent()
    # Who interrupts the host from a terminal interrupts all; the host then ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    app, log_level, descriptor = sys.argv[1:]
    set_up_logging(log_level)
    with socket.socket(fileno=int(descriptor)) as connection:
        os.chdir(app)
        try:
            functions = load_functions(Path(app))
        except AppError as error:
            connection.sendall(write_frame(Loaded(error=str(error))))
            return 1
        asyncio.run(_serve(connection, functions))
    return 0


async def _serve(connection: socket.socket, functions: Sequence[AppFunction]) -> None:
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(sock=connection)
    invoker = Invoker(functions, Threads(pool_size()), loop)
    writer.write(write_frame(Loaded([function.info for function in functions])))
    try:
        while True:
            _handle(await read_frame(reader), invoker, writer, loop)
    except EOFError:
        return


def _handle(
    message: Request | Binding,
    invoker: Invoker,
    writer: asyncio.StreamWriter,
    loop: asyncio.AbstractEventLoop,
) -> None:
    if isinstance(message, Binding):
        invoker.durable_client = message.value
        return
    number = message.number

    def receive(reply: Reply) -> None:
        frame = write_frame(Response(number, reply))
        loop.call_soon_threadsafe(writer.write, frame)

    invoker.invoke(message.function, message.call, receive)


if __name__ == "__main__":
    leave(main())
