"""Settings, local.settings.sample.json and docs/configuration.md say the same."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.host_limits import ACTIVITIES
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs/configuration.md").read_text("utf-8")
SAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))[
    "Values"
]
STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
IDENTITY = {"AzureWebJobsStorage__accountName": "account"}
HOST_SETTINGS = {"FUNCTIONS_WORKER_RUNTIME"}
OF_INSTANCES = {"FUNCTIONS_WORKER_PROCESS_COUNT"}
HUB = "AzureFunctionsJobHost__extensions__durableTask__hubName"
OVERRIDES = {"AzureFunctionsJobHost__functionTimeout", ACTIVITIES, HUB}
READ_BY_HOST_ALONE = {"AzureWebJobsStorage__queueServiceUri"}
SET_BY_AZURE = {
    "WEBSITE_INSTANCE_ID",
    "WEBSITE_SITE_NAME",
    "WEBSITE_SLOT_NAME",
    "WEBSITE_SKU",
    "WEBSITE_AUTH_ENABLED",
}


class Recording(Mapping[str, str]):
    """An environment that remembers what was looked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def settings_of_the_code() -> set[str]:
    environments = [Recording(STORAGE), Recording(IDENTITY)]
    for environment in environments:
        Settings.from_env(environment)
    asked = set().union(*(environment.asked for environment in environments))
    return asked | settings_of_bindings()


def settings_of_bindings() -> set[str]:
    sources = (path for room in ("api", "events") for path in (ROOT / room).glob("*.py"))
    return {name for path in sources for name in re.findall(r'"%(\w+)%"', path.read_text("utf-8"))}


def documented_rows() -> dict[str, str]:
    return dict(re.findall(r"^\| `([A-Z]\w+)` \| (.*) \|$", DOC, re.MULTILINE))


def test_each_setting_is_documented_and_nothing_else() -> None:
    documented = set(documented_rows()) - {
        "BATCHPOINT_URL",
        "BATCHPOINT_AUDIENCE",
        "XDG_STATE_HOME",
    }
    assert (
        documented
        == settings_of_the_code() - SET_BY_AZURE | HOST_SETTINGS | OVERRIDES | READ_BY_HOST_ALONE
    )
    assert all(name in DOC for name in SET_BY_AZURE)


def test_the_sample_has_each_setting_that_a_local_stack_may_want() -> None:
    of_the_code = settings_of_the_code() - SET_BY_AZURE
    identity = {name for name in of_the_code if "__" in name}
    assert set(SAMPLE) == of_the_code - identity - OF_INSTANCES | HOST_SETTINGS


def test_the_sample_holds_the_defaults() -> None:
    threads = {"PYTHON_THREADPOOL_THREAD_COUNT": SAMPLE["PYTHON_THREADPOOL_THREAD_COUNT"]}
    assert Settings.from_env(SAMPLE) == Settings.from_env(STORAGE | threads)


def test_the_documented_defaults_are_those_of_the_sample() -> None:
    rows = documented_rows()
    for name, value in SAMPLE.items():
        if value:
            assert f"`{value}`" in rows[name], name
