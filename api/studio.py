"""The functions that serve the studio: the page that shows endpoints and jobs.

`studio/` has its sources. What is built of them lies in `api/studio_files`, with each file
compressed as well.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import azure.functions as func

from api.answers.service import StudioConfig
from api.responses import json_response
from api.routes import OPEN, GuardedApp, Route, register
from shared.errors import NotFoundError
from shared.signin.settings import CLIENT_ID, SignInSettings

FOLDER = Path(__file__).parent / "studio_files"
PAGE = "index.html"
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content codings by preference, and the endings of the files that have them."""

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class StudioFile:
    """A file of the built page."""

    path: Path

    @cached_property
    def contents(self) -> Mapping[str, bytes]:
        """Its bytes by content coding; plain ones under an empty name."""
        contents = {"": self.path.read_bytes()}
        for coding, ending in ENCODINGS.items():
            contents[coding] = self.path.with_name(self.path.name + ending).read_bytes()
        return contents

    @cached_property
    def etag(self) -> str:
        """Tells its versions apart."""
        return f'W/"{hashlib.sha256(self.contents[""]).hexdigest()[:32]}"'

    @property
    def caching(self) -> str:
        """Caching header for browsers: forever where the name has the hash of the content."""
        return "no-cache" if self.path.name == PAGE else "public, max-age=31536000, immutable"


class StudioRoutes:
    """Serves the page, and what it needs to know before it may call the API."""

    def __init__(
        self, blob_endpoint: str, sign_in: SignInSettings | None, folder: Path = FOLDER
    ) -> None:
        """Takes the address that browsers reach Blob Storage at, and whose tokens the app takes."""
        self._config = _config(sign_in)
        self._headers = {
            **SECURITY_HEADERS,
            "Content-Security-Policy": _policy(blob_endpoint, sign_in),
        }
        self._files = {
            path.name: StudioFile(path) for path in folder.iterdir() if path.suffix in CONTENT_TYPES
        }

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        for route in (
            Route("show_studio", "GET", "studio", self.page, OPEN),
            Route("show_studio_config", "GET", "studio/config", self.config, OPEN),
            Route("show_studio_file", "GET", "studio/{file}", self.file, OPEN),
        ):
            register(app, route)

    def page(self, req: func.HttpRequest) -> func.HttpResponse:
        """Answers the page."""
        return self._answer(req, PAGE)

    def config(self, req: func.HttpRequest) -> func.HttpResponse:
        """Tells how to sign in."""
        del req
        return json_response(self._config, headers={"Cache-Control": "no-store"})

    def file(self, req: func.HttpRequest) -> func.HttpResponse:
        """Answers one of the files that the page loads."""
        return self._answer(req, req.route_params["file"])

    def _answer(self, req: func.HttpRequest, name: str) -> func.HttpResponse:
        file = self._files.get(name)
        if file is None:
            raise NotFoundError(f"the studio has no file '{name}'; its page is /api/studio/")
        headers = {
            **self._headers,
            "Cache-Control": file.caching,
            "ETag": file.etag,
            "Vary": "Accept-Encoding",
        }
        if file.etag in (req.headers.get("If-None-Match") or ""):
            return func.HttpResponse(status_code=304, headers=headers)
        coding = _best_coding(req.headers.get("Accept-Encoding") or "")
        if coding:
            headers["Content-Encoding"] = coding
        kind = CONTENT_TYPES[file.path.suffix]
        return func.HttpResponse(file.contents[coding], headers=headers, mimetype=kind)


def _config(settings: SignInSettings | None) -> StudioConfig:
    """Sign-in settings for the page; empty where App Service Authentication stands before it."""
    page = settings.browser if settings else None
    if page is not None:
        return {"authority": page.authority, "clientId": page.client_id, "scope": page.scope}
    return {} if settings and settings.trust_app_service else {"missing": CLIENT_ID}


def _policy(blob_endpoint: str, sign_in: SignInSettings | None) -> str:
    """The Content-Security-Policy: own files only, and no host but Blob Storage and the issuer."""
    hosts = ["'self'", f"{blob_endpoint}/", *([_origin(sign_in.authority)] if sign_in else [])]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            f"connect-src {' '.join(hosts)}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _best_coding(accepted: str) -> str:
    """The best content coding of those that the client takes; empty if it is to be plain."""
    given = {part.replace(" ", "") for part in accepted.lower().split(",")}
    return next((coding for coding in ENCODINGS if any(_takes(item, coding) for item in given)), "")


def _takes(item: str, coding: str) -> bool:
    name, _, weight = item.partition(";q=")
    return name == coding and weight not in {"0", "0.0", "0.00", "0.000"}
