"""Loads a function app as the real host does: by the name of its module, through its bindings."""

import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.functions.decorators.function_app import Function as DeclaredFunction
from azure.functions.decorators.function_app import FunctionRegister

Binding = Mapping[str, Any]
"""One binding as function.json would have it: `type`, `name`, `direction` and its own keys."""


class AppError(Exception):
    """The function app cannot be served; the message says why."""


@dataclass(frozen=True)
class Function:
    """The host's view of one function of the app: its name and its bindings."""

    name: str
    trigger: Binding
    inputs: tuple[Binding, ...] = ()

    @property
    def durable_name(self) -> str:
        """The name by which orchestrators call an orchestrator or an activity."""
        kind = str(self.trigger["type"]).removesuffix("Trigger")
        return str(self.trigger.get(kind) or self.name)


@dataclass(frozen=True)
class AppFunction:
    """One function of a loaded app."""

    info: Function
    call: Callable[..., Any]


@dataclass(frozen=True)
class FunctionApp:
    """The host's view of an app: its functions and its host.json."""

    functions: Sequence[Function]
    host: Mapping[str, Any]

    def triggered_by(self, kind: str) -> list[Function]:
        """Gives the functions with a trigger of that type."""
        return [f for f in self.functions if f.trigger["type"] == kind]

    def extension(self, name: str) -> Mapping[str, Any]:
        """Gives the settings of one extension in host.json."""
        return self.host.get("extensions", {}).get(name, {})


def load_settings(path: Path) -> None:
    """Puts the `Values` of a local.settings.json into the environment, where not set already.

    Raises:
        AppError: It is not JSON of that shape.
    """
    for name, value in read_json(path).get("Values", {}).items():
        os.environ.setdefault(name, str(value))


def load_functions(folder: Path) -> list[AppFunction]:
    """Imports `function_app` from a folder and reads its functions.

    Raises:
        AppError: There is no app in it, or its functions are not valid.
    """
    if not (folder / "function_app.py").is_file():
        raise AppError(f"there is no function_app.py in {folder}")
    sys.path.insert(0, str(folder))
    module = importlib.import_module("function_app")
    apps = [value for value in vars(module).values() if isinstance(value, FunctionRegister)]
    if len({id(app) for app in apps}) != 1:
        raise AppError(f"function_app.py must have one FunctionApp or DFApp, it has {len(apps)}")
    try:
        return [_read_function(function) for function in apps[0].get_functions()]
    except ValueError as error:
        raise AppError(str(error)) from error


def resolve(text: str) -> str:
    """Replaces a `%SETTING%` by that app setting.

    Raises:
        AppError: The setting is missing.
    """
    if not (text.startswith("%") and text.endswith("%")):
        return text
    name = text.strip("%")
    if name not in os.environ:
        raise AppError(f"the app setting {name} is missing: a binding names it as {text}")
    return os.environ[name]


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON file; one that is missing is empty.

    Raises:
        AppError: It is not JSON.
    """
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise AppError(f"{path} is not valid JSON: {error}") from error


def _read_function(function: DeclaredFunction) -> AppFunction:
    name = str(function.get_function_name())
    bindings: list[Binding] = function.get_bindings_dict()["bindings"]
    triggers = [b for b in bindings if str(b["type"]).endswith("Trigger")]
    if len(triggers) != 1:
        raise AppError(f"function {name} must have one trigger, it has {len(triggers)}")
    inputs = tuple(b for b in bindings if b["type"] == "durableClient")
    return AppFunction(Function(name, triggers[0], inputs), function.get_user_function())
