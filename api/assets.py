"""The functions around models, environments and data assets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

import azure.functions as func

from api.requests import base_url, page_size, read_document
from api.resource_documents import data_document, environment_document, model_document
from api.responses import json_response, list_response
from api.routes import GuardedApp, Route, register
from shared.assets.asset_service import AssetService
from shared.assets.model import Asset
from shared.assets.registry import Registry
from shared.principal import Role

A = TypeVar("A", bound=Asset)


@dataclass(frozen=True)
class AssetWords:
    """Names of one kind of asset: in paths, and in names of functions."""

    path: str
    one: str
    many: str


class AssetRoutes:
    """Registers the functions of all kinds of assets."""

    def __init__(self, registry: Registry, public_url: str) -> None:
        self._registry = registry
        self._public_url = public_url

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        registry, public_url = self._registry, self._public_url
        words = AssetWords("models", "model", "models")
        KindOfAsset(words, registry.models, model_document, public_url).register(app)
        words = AssetWords("environments", "environment", "environments")
        KindOfAsset(words, registry.environments, environment_document, public_url).register(app)
        words = AssetWords("data", "data", "data")
        KindOfAsset(words, registry.data, data_document, public_url).register(app)


class KindOfAsset(Generic[A]):
    """Registers, shows, lists and deletes assets of one kind."""

    def __init__(
        self,
        words: AssetWords,
        assets: AssetService[A],
        document: Callable[[A], object],
        public_url: str,
    ) -> None:
        self._words = words
        self._assets = assets
        self._document = document
        self._public_url = public_url

    def register(self, app: GuardedApp) -> None:
        """Registers the functions of this kind."""
        path, one, many = self._words.path, self._words.one, self._words.many
        versions = f"{path}/{{name}}/versions"
        version = f"{versions}/{{version}}"
        for route in (
            Route(f"create_{one}", "POST", path, self.create, Role.CONTRIBUTOR),
            Route(f"list_{many}", "GET", path, self.list, Role.READER),
            Route(f"list_{one}_versions", "GET", versions, self.list_versions, Role.READER),
            Route(f"show_{one}", "GET", version, self.show, Role.READER),
            Route(f"delete_{one}", "DELETE", version, self.delete, Role.CONTRIBUTOR),
        ):
            register(app, route)

    def create(self, req: func.HttpRequest) -> func.HttpResponse:
        """Registers a version; 200 where the same content was there before."""
        added = self._assets.create(read_document(req))
        url = f"{self._url(req)}/{quote(added.asset.name)}/versions/{quote(added.asset.version)}"
        status = 201 if added.is_new else 200
        return json_response(self._document(added.asset), status, headers={"Location": url})

    def list(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists the newest version of each asset by name."""
        limit = page_size(req)
        page = self._assets.list(limit=limit, continuation=req.params.get("continuation"))
        return list_response(
            [self._document(asset) for asset in page.assets],
            url=self._url(req),
            query={"top": str(limit)},
            continuation=page.continuation,
        )

    def list_versions(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists the versions of one asset, the newest first."""
        limit, name = page_size(req), req.route_params["name"]
        page = self._assets.versions(name, limit=limit, continuation=req.params.get("continuation"))
        return list_response(
            [self._document(asset) for asset in page.assets],
            url=f"{self._url(req)}/{quote(name)}/versions",
            query={"top": str(limit)},
            continuation=page.continuation,
        )

    def show(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows one version; `latest` is the newest."""
        asset = self._assets.get(req.route_params["name"], req.route_params["version"])
        return json_response(self._document(asset))

    def delete(self, req: func.HttpRequest) -> func.HttpResponse:
        """Deletes a version that nobody uses."""
        self._assets.delete(req.route_params["name"], req.route_params["version"])
        return func.HttpResponse(status_code=204)

    def _url(self, req: func.HttpRequest) -> str:
        return f"{base_url(req, self._public_url)}/api/{self._words.path}"
