"""The stack's issuer as a process, and what others need to know of it."""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from devhost.stack.azurite import REPOSITORY
from devhost.stack.processes import (
    StackError,
    free_port,
    http_status,
    spawn,
    stop_child,
    wait_for_start,
)

TENANT = "00000000-0000-4000-8000-00000000feed"
AUDIENCE = "api://batchpoint-local"
CLIENT_ID = "batchpoint-cli"
STUDIO_CLIENT_ID = "batchpoint-studio"
SCOPE = "user_impersonation"
API_SCOPES = frozenset({f"{AUDIENCE}/.default", f"{AUDIENCE}/{SCOPE}"})
RENEWAL_SECONDS = 1800.0
"""After so long a program gets a new token; one holds for an hour."""
SECRET_VARIABLE = "BATCHPOINT_LOCAL_ISSUER_SECRET"  # noqa: S105 - where a secret is, not one


@dataclass(frozen=True)
class SignIn:
    """Token source for a stack; the command line reads it from the stack's registration.

    Attributes:
        token_url: Where tokens are issued.
        client_id: What to say there.
        client_secret: What proves that one may read this user's files.
        scope: What to ask for.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str

    def token(self, *roles: str, user: str | None = None) -> str:
        """Gets a token; of a contributor, and of who runs this, unless told otherwise."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": self.scope,
            **({"roles": " ".join(roles)} if roles else {}),
            **({"username": user} if user else {}),
        }
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(self.token_url, body, timeout=10) as answer:  # noqa: S310 - ours
            return str(json.load(answer)["access_token"])


class Bearer:
    """Headers of requests to a stack, with a token that is renewed in time; for several threads."""

    def __init__(self, sign_in: SignIn) -> None:
        """Takes how to get tokens, which the issuer need not answer yet."""
        self._sign_in = sign_in
        self._lock = threading.Lock()
        self._header = ""
        self._renew_at = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """The header that says who sends a request."""
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._header = f"Bearer {self._sign_in.token()}"
                self._renew_at = time.monotonic() + RENEWAL_SECONDS
            return {"Authorization": self._header}


class IssuerProcess:
    """The issuer on a free port of the loopback interface."""

    def __init__(self, log: Path, *, detach: bool = False) -> None:
        """A detached issuer outlives this process."""
        self.log = log
        self._detach = detach
        self._secret = secrets.token_urlsafe(32)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address at which it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """The app settings with which the app takes this issuer's tokens, and nobody else's."""
        return {
            "BATCHPOINT_SIGN_IN_AUTHORITY": self.url,
            "BATCHPOINT_SIGN_IN_TENANTS": TENANT,
            "BATCHPOINT_SIGN_IN_AUDIENCES": AUDIENCE,
            "BATCHPOINT_SIGN_IN_CLIENT_ID": STUDIO_CLIENT_ID,
            "BATCHPOINT_SIGN_IN_SCOPE": SCOPE,
        }

    @property
    def sign_in(self) -> SignIn:
        """Source of its tokens."""
        token_url = f"{self.url}/{TENANT}/oauth2/v2.0/token"
        return SignIn(token_url, CLIENT_ID, self._secret, f"{AUDIENCE}/.default")

    def launch(self) -> None:
        """Starts it and does not wait for it."""
        command = [sys.executable, "-m", "devhost.stack.issuer", "--port", str(self.port)]
        environment = {**os.environ, SECRET_VARIABLE: self._secret}
        self.process = spawn(command, self.log, REPOSITORY, environment, detach=self._detach)

    def wait(self) -> None:
        """Waits until it answers.

        Raises:
            StackError: It does not; it is stopped then.
        """
        if self.process is None:
            raise StackError("the issuer was not launched")
        url = f"{self.url}/{TENANT}/.well-known/openid-configuration"
        try:
            wait_for_start(self.process, self.log, lambda: http_status(url) == 200, 60)
        except StackError:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops it; its tokens can be checked no more."""
        if self.process is not None:
            stop_child(self.process)
            self.process = None
