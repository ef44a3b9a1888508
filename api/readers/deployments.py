"""Reads deployments: the 2021 form, and today's."""

from collections.abc import Mapping
from typing import Any, cast

from api.readers.settings import read_settings
from shared.assets.references import name_in
from shared.documents.validation import invalid, validate
from shared.endpoints.drafts import DeploymentDraft, ModelDraft
from shared.endpoints.model import CodeConfiguration, Environment
from shared.endpoints.settings_draft import SettingsDraft
from shared.environments.conda import read_conda_file
from shared.errors import ErrorDetail
from shared.targets import Targets
from shared.uris import parse_datastore_uri

SCHEMA = "batch-deployment.json"
Document = Mapping[str, Any]
_TARGETS = {
    "settings.compute": "compute",
    "settings.instance_count": "compute.instance_count",
    "settings.timeout": "retry_settings.timeout",
}


def read_deployment(document: Document) -> DeploymentDraft:
    """Reads a new deployment.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, SCHEMA)
    return deployment_draft(document, at="")


def read_deployment_change(document: Document, name: str) -> DeploymentDraft:
    """Reads the keys of a deployment that are to be changed, in either form.

    Args:
        document: May lack what a new deployment must have.
        name: The deployment's name, for a document without one.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate({"name": "unchanged", "model": "unchanged", **document}, SCHEMA)
    return deployment_draft({"name": name, **_flat(document)}, at="")


def deployment_draft(document: Document, *, at: str) -> DeploymentDraft:
    """Makes the draft of a deployment whose document fits the schema.

    Args:
        document: The deployment's own part of the request; of a change, in the 2021 form.
        at: Path of the document within the request.

    Raises:
        InvalidError: Something is given twice, or a path cannot be used.
    """
    prefix = f"{at}." if at else ""
    model = _model(document.get("model"), f"{prefix}model")
    settings = _settings(document, prefix)
    variables = document.get("environment_variables")
    return DeploymentDraft(
        name=document["name"],
        endpoint_name=document.get("endpoint_name"),
        model=model,
        code_configuration=_code(document.get("code_configuration"), prefix),
        environment=_environment(document.get("environment"), prefix),
        environment_variables=variables and {key: str(value) for key, value in variables.items()},
        description=document.get("description"),
        settings=settings,
        targets=Targets(at, {**_TARGETS, **_settings_target(document)}),
    )


def _flat(document: Document) -> Document:
    """Returns a change in the 2021 form; of what is given twice, today's form counts."""
    settings: Document = document.get("settings", {})
    resources: Document = document.get("resources", {})
    flat = {key: value for key, value in document.items() if key not in {"settings", "resources"}}
    if "instance_count" in resources:
        compute = _compute(flat)
        flat["compute"] = {**compute, "instance_count": resources["instance_count"]}
    return {**flat, **settings}


def _settings_target(document: Document) -> dict[str, str]:
    is_inner = "timeout" in document.get("settings", {}).get("retry_settings", {})
    return {"settings.timeout": "settings.retry_settings.timeout"} if is_inner else {}


def _model(model: Document | str | None, target: str) -> ModelDraft | str | None:
    if model is None or isinstance(model, str):
        return model
    version = model.get("version")
    return ModelDraft(
        path=_uploaded(model, target),
        name=model.get("name"),
        version=None if version is None else str(version),
    )


def _uploaded(source: Document, target: str) -> str:
    """The normal form of an uploaded folder's URI; a local path is the client's to upload."""
    if "local_path" in source:
        raise invalid(
            [
                ErrorDetail(
                    "a local path is only known to the client: upload the files (POST "
                    "/api/uploads) and give the answered URI as 'path'",
                    f"{target}.local_path",
                )
            ]
        )
    return str(parse_datastore_uri(source["path"], target=f"{target}.path"))


def _code(document: Document | None, prefix: str) -> CodeConfiguration | None:
    if document is None:
        return None
    code = document["code"]
    source: Document = {"path": code} if isinstance(code, str) else code
    uri = _uploaded(source, f"{prefix}code_configuration.code")
    return CodeConfiguration(uri, document["scoring_script"])


def _environment(document: Document | str | None, prefix: str) -> Environment | str | None:
    if document is None or isinstance(document, str):
        return document
    version = document.get("version")
    return Environment(
        name=document.get("name"),
        version=None if version is None else str(version),
        conda_file=read_conda_file(
            document.get("conda_file"), target=f"{prefix}environment.conda_file"
        ),
        image=document.get("image", document.get("docker", {}).get("image")),
    )


def _settings(document: Document, prefix: str) -> SettingsDraft:
    given = _merged(document, "settings", prefix)
    placed = {**_compute(document), "resources": document.get("resources", {})}
    compute = dict(_merged(placed, "resources", prefix))
    if "target" in compute:
        compute["target"] = f"azureml:{name_in(compute['target'])}"
    return read_settings(given, compute)


def _compute(document: Document) -> Document:
    compute = document.get("compute", {})
    return {"target": compute} if isinstance(compute, str) else compute


def _merged(document: Document, inner: str, prefix: str) -> Document:
    """A document with the keys of one of its parts put beside its own.

    Raises:
        InvalidError: A key is given in both places.
    """
    part = cast("Document", document.get(inner, {}))
    twice = [key for key in part if key in document]
    if twice:
        raise invalid(
            [
                ErrorDetail(f"is given here and as '{key}'", f"{prefix}{inner}.{key}")
                for key in twice
            ]
        )
    return {**document, **part}
