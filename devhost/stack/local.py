"""The whole stack as a context manager: storage, issuer and host."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from devhost.stack.azurite import Azurite
from devhost.stack.functions_host import FunctionsHost
from devhost.stack.processes import StackError, free_port
from devhost.stack.signin import IssuerProcess, SignIn
from devhost.stack.state import Registration, write_registration


class LocalStack:
    """Storage, issuer and host with all their files in one folder; they end with this process.

    `url` stays the same when the host is restarted; `connection_string` is that of the storage.

    Attributes:
        app_storage: The connection string that the app gets: the storage's own, unless somebody
            sets another before the start, to stand between the two.
    """

    def __init__(
        self,
        root: Path,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        health: str = "/api/health",
        kind: str = "devhost",
        workers: int | None = None,
    ) -> None:
        """Serves an app.

        Args:
            root: The app's folder.
            data_dir: The folder for all files of the stack.
            settings: App settings on top of the app's settings file.
            health: The path that answers 200 once the app serves.
            kind: The host, `devhost` or `func`.
            workers: The number of the app's processes; None leaves it to the environment.
        """
        self._settings = dict(settings or {})
        self.azurite = Azurite(data_dir / "azurite", log=data_dir / "logs" / "azurite.log")
        self.issuer = IssuerProcess(data_dir / "logs" / "issuer.log")
        self._root = root
        self._state_home = data_dir / "state"
        log = data_dir / "logs" / "host.log"
        self.host = FunctionsHost(root, log, kind=kind, health=health, workers=workers)
        self.connection_string = self.azurite.connection_string
        self.app_storage = self.connection_string

    @property
    def url(self) -> str:
        """Address at which the host answers."""
        return self.host.url

    @property
    def sign_in(self) -> SignIn:
        """The way to get tokens for the app."""
        return self.issuer.sign_in

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which the command line finds this stack, and how to sign in to it."""
        return {"BATCHPOINT_URL": self.url, "XDG_STATE_HOME": str(self._state_home)}

    def start(self) -> Self:
        """Starts all and waits until the app answers.

        Raises:
            StackError: One of them does not start.
        """
        try:
            settings = {**self._settings, "AzureWebJobsStorage": self.app_storage}
            start_together(self.azurite, self.issuer, self.host, free_port(), settings)
            self._register()
        except BaseException:
            self.stop()
            raise
        return self

    def _register(self) -> None:
        if self.host.process is None:
            raise StackError("the host was not launched")
        registration = Registration(
            self.url, self.host.process.pid, str(self._root), self.issuer.sign_in
        )
        write_registration(self._state_home / "batchpoint" / "stacks" / "stack.json", registration)

    def stop(self) -> None:
        """Stops all."""
        self.host.stop()
        self.issuer.stop()
        self.azurite.stop()

    def kill_host(self) -> None:
        """Ends the host as a crash would; the storage goes on."""
        self.host.kill()

    def kill_azurite(self) -> None:
        """Ends the storage as a crash would; the host goes on."""
        self.azurite.kill()

    def restart_azurite(self) -> None:
        """Starts the storage again, on the same ports and data.

        Raises:
            StackError: It does not start.
        """
        self.azurite.stop()
        self.azurite.start()

    def restart_host(self) -> None:
        """Starts the host again, on the same port and storage.

        Raises:
            StackError: It does not start.
        """
        self.host.stop()
        storage = {"AzureWebJobsStorage": self.app_storage}
        self.host.start(self.host.port, {**self._settings, **self.issuer.settings, **storage})
        self._register()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


def start_together(
    azurite: Azurite,
    issuer: IssuerProcess,
    host: FunctionsHost,
    port: int,
    settings: Mapping[str, str],
    *,
    detach: bool = False,
) -> None:
    """Starts storage, issuer and host, and waits until all answer.

    The embedded host loads the app while the storage starts; Core Tools want the storage first.
    Settings may give the app another way to the storage than the direct one.

    Raises:
        StackError: One of them does not start.
    """
    azurite.launch()
    issuer.launch()
    if host.kind == "func":
        azurite.wait()
    storage = {"AzureWebJobsStorage": azurite.connection_string}
    host.launch(port, {**issuer.settings, **storage, **settings}, detach=detach)
    azurite.wait()
    issuer.wait()
    azurite.allow_browsers()
    host.wait()
