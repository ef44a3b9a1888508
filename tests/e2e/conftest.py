"""One running stack for all end-to-end tests, with an endpoint of each kind."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceExistsError

from tests.e2e.model import PROCESSES, REPOSITORY, plane_model
from tests.e2e.service import CONTAINER, Gated, Service, start_stack

CODE = Path(__file__).parent / "code"
PLANE = """\
name: plane
description: points to heights
tags: {{team: maps}}
traffic: {{linear: 100}}
deployments:
  - name: linear
    model: {{name: plane, version: 1, local_path: {model}}}
    mini_batch_size: 2
    retry_settings: {{max_retries: 1, timeout: 30}}
"""
GATED = """\
name: gated
traffic: {{script: 100}}
deployments:
  - name: script
    model: {{name: nothing, version: 1, local_path: nothing.txt}}
    code_configuration:
      code: {{local_path: {code}}}
      scoring_script: gated.py
    environment_variables: {{GATE: "{gate}", FROM: "50"}}
    mini_batch_size: 1
"""


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    emulator = (REPOSITORY / "node_modules" / "azurite").is_dir()
    if not (shutil.which("node") and emulator) and "CI" not in os.environ:
        pytest.skip("Node.js and Azurite are not installed")
    folder = tmp_path_factory.mktemp("e2e")
    stack = start_stack(folder, PROCESSES)
    running = Service(stack, folder)
    try:
        with contextlib.suppress(ResourceExistsError):
            running.storage.create_container(CONTAINER)
        yield running
    finally:
        running.close()
        stack.stop()


@pytest.fixture(scope="session")
def plane(service: Service) -> str:
    """An endpoint with an MLflow model, made by the command line."""
    file = service.home / "plane.yml"
    file.write_text(PLANE.format(model=plane_model()))
    made = service.cli("endpoint", "create", "--file", file).json()
    assert made["provisioning_state"] == "Succeeded"
    return "plane"


@pytest.fixture(scope="session")
def gated(service: Service) -> Gated:
    """An endpoint with a scoring script that the test can hold."""
    gate = service.home / "gate"
    (service.home / "nothing.txt").write_text("")
    file = service.home / "gated.yml"
    file.write_text(GATED.format(code=CODE, gate=gate))
    service.cli("endpoint", "create", "--file", file).json()
    return Gated("gated", gate)
