"""host.json has what the host and the app rely on."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.endpoints.scoring_settings import RetrySettings
from shared.host_limits import HostLimits
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
HOST: dict[str, Any] = json.loads((ROOT / "host.json").read_text("utf-8"))
SAMPLE: dict[str, Any] = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))
DURABLE = HOST["extensions"]["durableTask"]


def test_the_bundle_is_the_fourth() -> None:
    assert HOST["version"] == "2.0"
    assert HOST["extensionBundle"] == {
        "id": "Microsoft.Azure.Functions.ExtensionBundle",
        "version": "[4.*, 5.0.0)",
    }


def test_routes_start_as_the_documents_say() -> None:
    assert HOST["extensions"]["http"]["routePrefix"] == "api"


def test_the_hub_is_named_by_the_extension_after_the_app_unless_a_setting_names_it() -> None:
    # https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-task-hubs
    assert "hubName" not in DURABLE
    assert 1 <= DURABLE["storageProvider"]["partitionCount"] <= 16


def test_what_a_killed_instance_had_in_hand_comes_again_as_soon_as_may_be() -> None:
    # https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-bindings#host-json
    provider = DURABLE["storageProvider"]
    assert provider["controlQueueVisibilityTimeout"] == "00:01:00"
    assert provider["workItemQueueVisibilityTimeout"] == "00:01:00"


def test_host_json_fits_an_instance_of_two_cores() -> None:
    limits = HostLimits.from_env(SAMPLE["Values"])
    assert limits.activities == DURABLE["maxConcurrentActivityFunctions"]
    assert limits.warnings(2) == ()


def test_a_run_ends_before_its_function() -> None:
    hours, minutes, seconds = map(int, HOST["functionTimeout"].split(":"))
    limit = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    budget = Settings.from_env({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}).time_budget
    assert budget.function_timeout == limit.total_seconds()
    assert budget.most_run_seconds is not None
    assert RetrySettings().timeout < budget.most_run_seconds
