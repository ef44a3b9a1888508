"""The OpenAPI document describes the functions that there are, and the app does what it says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator

from api.openapi import openapi_document
from shared.documents.validation import load_schema
from shared.principal import Role
from tests.functional.api.furnishing import furnish, start_job
from tests.functional.api.wsgi import WsgiApp, http_functions
from tests.functional.harness import BASE, App
from tests.openapi_runs import configuration, run
from tests.tokens import token_of

Document = dict[str, Any]
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(app: App) -> Document:
    return app.call("GET", "openapi.json").document


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield path, method.upper(), item[method]


def nodes(value: object) -> Iterator[Document]:
    """All mappings within a document."""
    if isinstance(value, dict):
        yield value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        yield from nodes(item)


def property_names(schema: Document) -> Iterator[str]:
    for node in nodes(schema):
        if node.get("type") == "object":
            yield from node.get("properties", {})


def strict(document: Document) -> Document:
    """The document with answers that have no keys but those that are described."""
    for name, schema in document["components"]["schemas"].items():
        for node in nodes(schema) if not name.endswith("Form") else ():
            if "properties" in node and "type" in node:
                node.setdefault("additionalProperties", False)
    return document


def test_there_is_one_operation_for_each_function(app: App, document: Document):
    described = {(item["operationId"], method, path) for path, method, item in operations(document)}
    registered = {(item.name, item.method, f"/{item.route}") for item in http_functions(app)}
    assert described == registered
    assert document["servers"] == [{"url": f"{BASE}/api"}]


def test_each_operation_names_the_parameters_of_its_path(document: Document):
    known = document["components"]["parameters"]
    for path, item in document["paths"].items():
        given = [
            known[ref["$ref"].rpartition("/")[2]]["name"] for ref in item.get("parameters", [])
        ]
        assert given == re.findall(r"\{(\w+)\}", path)


def test_the_document_is_valid(document: Document):
    schemathesis.openapi.from_dict(document).validate()
    Draft202012Validator.check_schema({"$defs": document["components"]["schemas"]})


def test_all_references_lead_somewhere_and_all_components_are_used(document: Document):
    used: set[str] = set()
    for reference in [str(node["$ref"]) for node in nodes(document) if "$ref" in node]:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        used.add("/".join(reference.split("/")[2:4]))
    parts = document["components"]
    there = {
        f"{kind}/{name}" for kind in parts if kind != "securitySchemes" for name in parts[kind]
    }
    assert there == used


def test_the_examples_of_bodies_keep_to_their_schemas(document: Document):
    for name in document["components"]["requestBodies"]:
        content = document["components"]["requestBodies"][name]["content"]["application/json"]
        schema = {**content["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(content["example"])


def test_the_keys_of_an_invocation_are_spelled_as_people_write_them(document: Document):
    form = document["components"]["schemas"]["InvocationForm"]
    shown = set(property_names(form))
    assert {key.lower() for key in shown} == set(property_names(load_schema("invocation.json")))
    single_words = {
        "name",
        "properties",
        "dataset",
        "path",
        "uri",
        "compute",
        "timeout",
        "incremental",
    }
    assert {key for key in shown if key.islower()} == single_words


@pytest.mark.parametrize(
    ("phases", "media", "requests"),
    [
        # Boundaries of each value; in JSON alone, as YAML is read into the same before any check.
        (("examples", "coverage"), {"application/json"}, 2000),
        (("fuzzing", "stateful"), {"application/json", "application/yaml"}, 300),
    ],
)
def test_the_app_keeps_to_the_document(
    tmp_path: Path, phases: tuple[str, ...], media: set[str], requests: int
):
    app = App(tmp_path)
    document = strict(app.call("GET", "openapi.json").document)
    furnish(app, document)
    start_job(app, document)
    for body in document["components"]["requestBodies"].values():
        body["content"] = {key: value for key, value in body["content"].items() if key in media}
    schema = schemathesis.openapi.from_dict(
        document, config=configuration(*phases, token=token_of(Role.CONTRIBUTOR))
    )
    schema.app = WsgiApp(app, lambda: furnish(app, document))
    found = run(schema)
    assert found.problems == {}
    assert found.answers.total() >= requests
    assert found.answers[200] > requests // 10
    assert {f"{method} {path}" for path, method, _ in operations(document)} <= found.operations


def test_the_document_is_made_anew_for_each_address():
    one, other = openapi_document("http://one"), openapi_document("http://other")
    assert one["servers"] != other["servers"]
    assert one["paths"] is other["paths"]
