"""One scorer: a child process that has loaded one model and scores one mini-batch at a time."""

import contextlib
import os
import secrets
import socket
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from scoring.process import processes
from scoring.process.answers import NONCE, BadAnswerError, check_kind, read_result
from scoring.process.channel import Answer, Channel, HungUpError
from scoring.process.exit_reason import describe_death
from scoring.process.input_paths import input_paths
from scoring.process.remove_tree import remove_tree
from scoring.process.result import FailureCause, ScorerError, ScoreResult
from scoring.process.spec import ScoreRequest, ScorerSpec
from scoring.process.variables import TOKEN, scorer_variables
from scoring.process.work_folders import memory_folder, work_folder
from scoring.sandbox.confine import MEMORY, PARENT
from scoring.sandbox.confinement import Launch, Program, prepare

_INPUTS = "inputs"
_ANSWERS = {"init": "ready", "run": "result"}
_DRIVER = Path(__file__).resolve().parents[1] / "driver" / "__main__.py"
# Time to end for a scorer that has hung up, so that its exit code can be told.
_END_SECONDS = 2.0

IsCanceled = Callable[[], bool]


class Scorer:
    """A running scorer whose `init()` has succeeded.

    Args:
        spec: What to start.
        init_timeout: Seconds for loading the model.
        is_canceled: Asked several times a second while the caller waits.

    Raises:
        ScorerError: INIT_FAILED or CANCELED; nothing is left running.
    """

    def __init__(self, spec: ScorerSpec, init_timeout: float, is_canceled: IsCanceled) -> None:
        self.key = spec.key
        self.started = time.monotonic()
        self._mlflow = spec.mlflow_dir is not None
        self._token = uuid.uuid4().hex
        confinement = spec.confinement
        self._work_dir = work_folder(confinement.scratch if confinement else None)
        # A confined one has memory that nobody else sees, or its inputs on disk.
        self._memory_dir = None if self._mlflow or confinement else memory_folder()
        self._closed = False
        try:
            self._start(spec)
        except OSError as error:
            self._remove_folders()
            message = f"the scorer could not be started: {error}"
            raise ScorerError(FailureCause.INIT_FAILED, message) from error
        try:
            self._initialise(spec, init_timeout, is_canceled)
        except BaseException:
            self.close()
            raise

    @property
    def is_alive(self) -> bool:
        """True if the process can be asked; if not, `close` has still to be called."""
        if self._closed or self._process.poll() is not None:
            return False
        # What nobody asked for is not from the driver.
        return not self._channel.has_unread

    def score(self, request: ScoreRequest, is_canceled: IsCanceled) -> ScoreResult:
        """Scores one mini-batch.

        Raises:
            ScorerError: The attempt failed; `is_alive` tells whether the scorer can be used again.
        """
        names = [file.name for file in request.files]
        header: dict[str, Any] = {
            "kind": "run",
            "names": names,
            "output_action": str(request.output_action),
            "output_format": request.output_format.name,
            "output_dir": None if request.output_dir is None else str(request.output_dir),
        }
        if not self._mlflow:
            header |= {"paths": input_paths(names), "inputs_dir": str(self._work_dir / _INPUTS)}
        piece = request.files[0].piece if request.files else None
        if piece is not None:
            header["piece"] = {"before": piece.before}
        payloads = [part for file in request.files for part in file.parts]
        answer = self._ask("run()", header, payloads, request.timeout, is_canceled)
        log = self._channel.log.take()
        if answer.header["kind"] == "failed":
            self._raise_failed(answer, log)
        try:
            return read_result(answer, request, log)
        except BadAnswerError as error:
            self._raise_forged("run()", error, log)

    def close(self) -> None:
        """Kills the process and all it started, and removes its files."""
        if self._closed:
            return
        self._closed = True
        self._process.kill(self._token)
        self._channel.close()
        self._remove_folders()

    def _remove_folders(self) -> None:
        for folder in filter(None, (self._work_dir, self._memory_dir)):
            remove_tree(folder)

    def _start(self, spec: ScorerSpec) -> None:
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        with contextlib.ExitStack() as given:
            given.callback(theirs.close)
            given.callback(os.close, writing)
            try:
                self._process = processes.start(
                    self._launch(spec, theirs.fileno()),
                    folder=self._work_dir,
                    output=writing,
                    inherited=[theirs.fileno()],
                )
            except BaseException:
                ours.close()
                os.close(reading)
                raise
        self._channel = Channel(ours, reading)

    def _launch(self, spec: ScorerSpec, control: int) -> Launch:
        memory = MEMORY if self._memory_dir is None else str(self._memory_dir)
        program = Program(
            command=[str(spec.python), str(_DRIVER), str(control), PARENT, memory],
            variables=scorer_variables(spec, self._work_dir, self._token),
            folder=self._work_dir,
            confinement=spec.confinement,
            places=[path for path in (self._work_dir, spec.output_parent) if path],
        )
        return prepare(program, kept=[TOKEN])

    def _initialise(self, spec: ScorerSpec, timeout: float, is_canceled: IsCanceled) -> None:
        header = {
            "kind": "init",
            "mlflow_dir": None if spec.mlflow_dir is None else str(spec.mlflow_dir),
            "code_dir": None if spec.code_dir is None else str(spec.code_dir),
            "scoring_script": spec.scoring_script,
            "logging_level": spec.logging_level.upper(),
            "limits": asdict(spec.limits),
            "packages": _own_packages(spec.python),
        }
        try:
            answer = self._ask("init()", header, [], timeout, is_canceled)
        except ScorerError as error:
            if error.cause is FailureCause.CANCELED:
                raise
            raise ScorerError(FailureCause.INIT_FAILED, error.message, log=error.log) from error
        if answer.header["kind"] == "failed":
            raise ScorerError(
                FailureCause.INIT_FAILED,
                f"init() failed: {answer.header['message']}",
                traceback=answer.header["traceback"],
                log=self._channel.log.take(),
            )

    def _ask(
        self,
        what: str,
        header: dict[str, Any],
        payloads: list[bytes],
        timeout: float,
        is_canceled: IsCanceled,
    ) -> Answer:
        deadline = time.monotonic() + timeout

        def check() -> None:
            if is_canceled():
                self._raise_killed(FailureCause.CANCELED, f"{what} was canceled")
            if time.monotonic() >= deadline:
                message = f"{what} took longer than its {timeout:g} seconds and was killed"
                self._raise_killed(FailureCause.TIMEOUT, message)
            if self._process.poll() is not None:
                raise HungUpError

        nonce = secrets.token_hex(16)
        try:
            answer = self._channel.request({**header, NONCE: nonce}, payloads, check)
            check_kind(answer, nonce, _ANSWERS[header["kind"]])
        except HungUpError:
            self._raise_dead(what)
        except BadAnswerError as error:
            self._raise_forged(what, error, self._channel.log.take())
        return answer

    def _raise_killed(self, cause: FailureCause, message: str) -> NoReturn:
        self._channel.drain()
        log = self._channel.log.take()
        self.close()
        raise ScorerError(cause, message, log=log)

    def _raise_forged(self, what: str, error: BadAnswerError, log: bytes) -> NoReturn:
        # User code can find the connection, and write to it what it likes.
        self.close()
        message = f"the scorer sent an answer that cannot be read, in {what}: {error}"
        raise ScorerError(FailureCause.CRASHED, message, log=log) from error

    def _raise_dead(self, what: str) -> NoReturn:
        self._channel.wait_for_end(_END_SECONDS, lambda: self._process.poll() is not None)
        cause, message = describe_death(self._process.poll())
        self._raise_killed(cause, f"{message} in {what}")

    def _raise_failed(self, answer: Answer, log: bytes) -> NoReturn:
        header = answer.header
        cause, message = FailureCause.RAISED, f"run() failed: {header['message']}"
        if header["exit"]:
            cause, message = FailureCause.EXITED, f"run() ended the program: {header['message']}"
        if header["memory"]:
            # What is left of its memory, and of the state of the user's code, nobody knows.
            cause, message = (
                FailureCause.OUT_OF_MEMORY,
                f"run() ran out of memory: {header['message']}",
            )
            self.close()
        raise ScorerError(cause, message, traceback=header["traceback"], log=log)


def _own_packages(python: Path) -> list[str]:
    """Returns the app's own package folders for scorers that run in its environment.

    Functions hosts add `.python_packages` to the path of their own process only.
    """
    if python != Path(sys.executable):
        return []
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
