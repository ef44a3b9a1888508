"""infra/ gives the app what its code needs, and nothing that nobody reads."""

import json
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.host_limits import ACTIVITIES, HostLimits
from shared.inbox.options import InboxSource
from shared.machine import scorers_that_fit
from shared.principal import Role
from shared.settings import Settings
from shared.storage.names import StorageNames
from tests.unit.infra import bicep
from tests.unit.infra.bicep import INFRA
from tests.unit.test_settings_docs import documented_rows

ROOT = INFRA.parent
SIZES = ["small", "medium", "large"]
# Of the platform, which the app does not read.
PLATFORM = {"APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"}
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
ROLES = {
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}
POLLING_ROLES = {"Storage Account Contributor": "17d1049b-9a84-46fb-8f53-869881c3d3ab"}
# https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-sizes
FLEX_CORES = {512: 1, 2048: 1, 4096: 2}
CORES = {"P0v3": 1, "P1v3": 2, "P2v3": 4, "P3v3": 8}


def azure(size: str, **more: Any) -> dict[str, str]:
    platform = {"WEBSITE_SITE_NAME": "func-abcdefghijklm", "WEBSITE_INSTANCE_ID": "one"}
    is_flex = bicep.sizes()[size]["plan"] == "FC1"
    sku = {"WEBSITE_SKU": "FlexConsumption" if is_flex else "PremiumV3"}
    return bicep.app_settings(size, **more) | platform | sku


@pytest.mark.parametrize("size", SIZES)
def test_the_app_takes_all_settings_of_a_size(size: str) -> None:
    settings = Settings.from_env(azure(size))
    assert settings.sign_in is not None
    assert settings.storage.managed_identity
    assert settings.storage.client_id
    assert settings.inbox.source is InboxSource.EVENT_GRID
    assert not settings.one_host


def test_each_setting_is_one_that_somebody_reads() -> None:
    assert set(bicep.app_settings("small")) - PLATFORM <= set(documented_rows())


@pytest.mark.parametrize("size", SIZES)
def test_an_instance_takes_the_activities_that_it_can_score(size: str) -> None:
    given = bicep.sizes()[size]
    limits = HostLimits.from_env(azure(size))
    assert limits.activities == 2 * given["scorers"]
    assert limits.warnings(given["scorers"]) == ()
    if given["plan"] == "FC1":
        memory, cores = given["memory"] * 2**20, FLEX_CORES[given["memory"]]
        assert scorers_that_fit(memory, cores) == given["scorers"]
    else:
        assert CORES[given["plan"]] == given["scorers"]


def test_a_large_instance_has_threads_for_all_that_it_takes() -> None:
    environ = azure("large", scorers=16)
    assert environ[ACTIVITIES] == "32"
    assert HostLimits.from_env(environ).warnings(16) == ()


def test_the_task_hub_has_a_name_that_storage_takes() -> None:
    # https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-task-hubs
    name = azure("small")["AzureFunctionsJobHost__extensions__durableTask__hubName"]
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,44}", name)


def test_the_account_has_each_container_and_queue_that_the_app_uses() -> None:
    template = bicep.parse("main.bicep")
    known = bicep.variables_of(template, bicep.GIVEN)
    made = template["modules"]["storage"]["config"]["params"]
    names = StorageNames.from_env(azure("small"))
    assert set(bicep.evaluate(made["containers"], known)) == {
        names.system_container,
        names.default_container,
        names.inbox_container,
        "app-package",
    }
    assert bicep.evaluate(made["queues"], known) == [names.inbox_queue]
    events = template["modules"]["events"]["config"]["config"]["params"]
    assert bicep.evaluate(events["container"], known) == names.inbox_container
    assert bicep.evaluate(events["queue"], known) == names.inbox_queue


def test_event_grid_delivers_what_the_app_reads() -> None:
    topic = bicep.parse("modules/events.bicep")["resources"]["topic__uploads"]["config"]
    given = topic["properties"]
    assert given["eventDeliverySchema"] == "EventGridSchema"
    assert given["filter"] == {
        "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
        "subjectBeginsWith": "/blobServices/default/containers/${container}/",
    }
    assert given["deliveryWithResourceIdentity"]["destination"]["endpointType"] == "StorageQueue"


def test_the_identity_has_the_documented_roles_and_no_others() -> None:
    given = bicep.parse("modules/storage.bicep")["variables"]
    assert set(given["roles"]["value"].values()) == set(ROLES.values())
    assert set(given["pollingRoles"]["value"].values()) == set(POLLING_ROLES.values())
    security = (ROOT / "docs/security.md").read_text("utf-8")
    assert all(f"*{role}*" in security for role in ROLES | POLLING_ROLES)


def test_the_account_takes_no_keys_and_no_old_tls() -> None:
    account = bicep.parse("modules/storage.bicep")["resources"]["account"]["config"]["properties"]
    assert account["allowSharedKeyAccess"] is False
    assert account["allowBlobPublicAccess"] is False
    assert account["minimumTlsVersion"] == "TLS1_2"


@pytest.mark.parametrize("plan", ["flex", "dedicated"])
def test_azd_finds_the_app_of_each_plan(plan: str) -> None:
    project = yaml.safe_load((ROOT / "azure.yaml").read_text("utf-8"))
    (name,) = project["services"]
    assert project["services"][name] == {"project": ".", "language": "python", "host": "function"}
    assert (ROOT / project["infra"]["path"] / f"{project['infra']['module']}.bicep").is_file()
    app = bicep.parse(f"modules/{plan}.bicep")["resources"]["app"]["config"]
    assert app["tags"]["function"]["parameters"]["arg_2"] == {"'azd-service-name'": name}
    assert app["properties"]["httpsOnly"] is True


def test_outputs_are_named_as_azd_keeps_them() -> None:
    outputs = bicep.parse("main.bicep")["outputs"]
    assert all(re.fullmatch(r"[A-Z_]+", name) for name in outputs)
    assert {"BATCHPOINT_URL", "BATCHPOINT_AUDIENCE", "AZURE_FUNCTION_APP_NAME"} <= set(outputs)


def test_each_size_has_a_parameter_file() -> None:
    assert sorted(bicep.sizes()) == sorted(SIZES)
    for size in SIZES:
        assert f"var size = sizes.{size}\n" in (INFRA / f"{size}.bicepparam").read_text("utf-8")
    given = {"plan", "memory", "instances", "scorers"}
    assert all(set(size) == given for size in bicep.sizes().values())


def registration() -> dict[str, Any]:
    return json.loads((INFRA / "app-registration.json").read_text("utf-8"))


def test_the_registration_has_the_roles_and_the_scope_that_tokens_must_have() -> None:
    assert {role["value"] for role in registration()["appRoles"]} == set(Role)
    (scope,) = registration()["api"]["oauth2PermissionScopes"]
    sign_in = Settings.from_env(azure("small")).sign_in
    assert sign_in is not None
    assert scope["value"] == sign_in.scope


AZ = """#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$CALLS"
case "$*" in
  "ad app create"*) echo CLIENT ;;
  "ad app show"*) echo OBJECT ;;
  "ad sp create"*) echo PRINCIPAL ;;
  "ad signed-in-user"*) echo ME ;;
esac
"""


def test_registering_makes_what_is_missing(tmp_path: Path) -> None:
    program, calls = tmp_path / "az", tmp_path / "calls"
    program.write_text(AZ)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    ended = subprocess.run(
        [str(INFRA / "register-app"), "scoring", "https://app.example.com"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "CLIENT\n"
    said = calls.read_text()
    assert '"identifierUris": ["api://CLIENT"]' in said
    assert '"redirectUris": ["https://app.example.com/api/studio/"]' in said
    ids = {role["value"]: role["id"] for role in registration()["appRoles"]}
    assert (
        f'"principalId": "ME", "resourceId": "PRINCIPAL", "appRoleId": "{ids[Role.CONTRIBUTOR]}"'
        in said
    )
    (scope,) = registration()["api"]["oauth2PermissionScopes"]
    assert f'"delegatedPermissionIds": ["{scope["id"]}"]' in said
