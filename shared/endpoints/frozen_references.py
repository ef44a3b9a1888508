"""Resolves the registered assets that deployments and jobs refer to, and freezes them."""

from shared.assets.references import is_reference
from shared.assets.registry import Registry
from shared.endpoints.model import Environment, Model
from shared.errors import NotFoundError


class RegisteredReferences:
    """Looks up references in the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def model(self, reference: str, target: str) -> Model:
        """The model that a reference stands for.

        Raises:
            InvalidError: It is no reference to a model.
            NotFoundError: The model is not registered.
        """
        asset = self._registry.models.resolve(reference, target=target)
        return Model(asset.name, asset.version, asset.path)

    def environment(self, reference: str, target: str) -> Environment:
        """The environment that a reference stands for.

        Raises:
            InvalidError: It is no reference to an environment.
            NotFoundError: The environment is not registered.
        """
        asset = self._registry.environments.resolve(reference, target=target)
        return Environment(asset.name, asset.version, asset.conda_file, asset.image)

    def input_uri(self, uri: str, target: str) -> str:
        """The place that an input's URI stands for: of a data asset, its path.

        Raises:
            InvalidError: It looks like a reference, but to something else.
            NotFoundError: The data asset is not registered.
        """
        if not is_reference(uri):
            return uri
        return self._registry.data.resolve(uri, target=target).path

    def max_instances(self, compute: str) -> int | None:
        """Returns the maximum number of instances of a compute; None if it does not exist."""
        try:
            return self._registry.computes.resolve(compute).max_instances
        except NotFoundError:
            return None
