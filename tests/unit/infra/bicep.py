"""Reads the templates of infra/, and evaluates as much of Bicep as their settings use."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pycep import BicepParser

INFRA = Path(__file__).resolve().parents[3] / "infra"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
TENANT = "66666666-7777-8888-9999-000000000000"
# What the modules answer, and what Azure makes up.
GIVEN: dict[str, Any] = {
    "environmentName": "test",
    "signInClientId": CLIENT_ID,
    "signInTenants": [TENANT],
    "token": "abcdefghijklm",
    "storage": {"outputs": {"name": "stabcdefghijklm"}},
    "identity": {"outputs": {"clientId": CLIENT_ID, "principalId": TENANT}},
    "monitoring": {"outputs": {"connectionString": "InstrumentationKey=none"}},
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "string": str,
    "max": max,
    "join": lambda items, delimiter: delimiter.join(items),
}
_OPERATORS: dict[str, Callable[..., Any]] = {
    "multiply": lambda left, right: left * right,
    "add": lambda left, right: left + right,
    "equals": lambda left, right: left == right,
}


@cache
def parse(name: str) -> dict[str, Any]:
    return BicepParser().parse(text=(INFRA / name).read_text("utf-8"))


def variables_of(template: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters' defaults, what is given instead, and the variables that these make."""
    known = {name: item["default"] for name, item in template["parameters"].items()}
    known |= given
    for name, item in template["variables"].items():
        if name not in known:
            known[name] = evaluate(item["value"], known)
    return known


def evaluate(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [evaluate(item, known) for item in value]
    if isinstance(value, str):
        # The parser does not tell a name from a text.
        return known[value] if value in known else _interpolated(value, known)
    if not isinstance(value, dict):
        return value
    if "function" in value:
        call = value["function"]
        arguments = (evaluate(item, known) for item in call["parameters"].values())
        return _FUNCTIONS[call["type"]](*arguments)
    if "operator" in value:
        return _operated(value["operator"], known)
    return {name.strip("'"): evaluate(item, known) for name, item in value.items()}


def _operated(operator: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    operands = operator["operands"]
    if operator["type"] != "property_accessor":
        return _OPERATORS[operator["type"]](*(evaluate(item, known) for item in operands.values()))
    owner, rest = known[operands["operand_1"]], operands["operand_2"]
    if isinstance(rest, str):
        return owner[rest]
    return _operated(rest["operator"], owner)


def _interpolated(text: str, known: Mapping[str, Any]) -> str:
    def found(match: re.Match[str]) -> str:
        value: Any = known
        for part in match[1].split("."):
            value = value[part]
        return str(value)

    return re.sub(r"\$\{([\w.]+)\}", found, text)


def sizes() -> dict[str, dict[str, Any]]:
    return parse("sizes.bicep")["variables"]["sizes"]["value"]


def app_settings(size: str, **more: Any) -> dict[str, str]:
    """The app settings that infra/ gives an app of a size."""
    template = parse("main.bicep")
    known = variables_of(template, GIVEN | sizes()[size] | more)
    return known["settings"]
