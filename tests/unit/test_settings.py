"""The settings are read once, and all that is wrong with them is named together."""

from dataclasses import astuple
from datetime import timedelta
from pathlib import Path

import pytest

from shared.errors import InvalidError
from shared.inbox.options import InboxSource
from shared.machine import scorers_that_fit, usable_cores, usable_memory
from shared.settings import Settings
from shared.storage.names import StorageNames

STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


def test_defaults():
    settings = Settings.from_env(STORAGE)
    assert settings.names == StorageNames(
        "batchpoint", "batchpoint", "workspaceblobstore", "inbox", "inbox-events"
    )
    assert settings.max_scorers == scorers_that_fit(usable_memory(), 2 * usable_cores())
    assert settings.scorer_memory == usable_memory()
    assert settings.scorer_idle == timedelta(minutes=5)
    assert settings.watchdog_grace == timedelta(seconds=30)
    assert settings.one_host


def test_values():
    settings = Settings.from_env(
        {
            "AzureWebJobsStorage__accountName": "account",
            "BATCHPOINT_SCRATCH_FOLDER": "/scratch",
            "BATCHPOINT_SCORER_MEMORY_MB": "512",
            "BATCHPOINT_URL_LIFETIME_MINUTES": "5",
            "BATCHPOINT_PUBLIC_URL": "https://scoring.example.com/",
            "WEBSITE_INSTANCE_ID": "one",
        }
    )
    assert settings.scratch_folder == Path("/scratch")
    assert settings.scorer_memory == 512 * 2**20
    assert settings.url_lifetime == timedelta(minutes=5)
    assert settings.public_url == "https://scoring.example.com"
    assert not settings.one_host


def test_an_account_key_is_for_the_emulator():
    Settings.from_env(STORAGE)
    with pytest.raises(InvalidError, match="AzureWebJobsStorage__accountName"):
        Settings.from_env(STORAGE | {"WEBSITE_SITE_NAME": "app"})


def test_an_empty_value_is_none():
    empty = {
        "BATCHPOINT_MAX_SCORERS": "",
        "BATCHPOINT_TABLE_PREFIX": "",
        "BATCHPOINT_SCRATCH_FOLDER": "",
    }
    assert Settings.from_env(STORAGE | empty) == Settings.from_env(STORAGE)


def test_all_problems_are_named_together():
    wrong = {
        "BATCHPOINT_MAX_SCORERS": "0",
        "BATCHPOINT_SCORER_IDLE_SECONDS": "soon",
        "BATCHPOINT_URL_LIFETIME_MINUTES": "-1",
        "BATCHPOINT_INBOX_CONTAINER": "batchpoint",
        "BATCHPOINT_ALLOWED_HOSTS": "a b",
        "BATCHPOINT_SIGN_IN_TENANTS": "common",
        "AzureFunctionsJobHost__functionTimeout": "soon",
    }
    with pytest.raises(InvalidError) as caught:
        Settings.from_env(wrong)
    for name in [*wrong, "AzureWebJobsStorage"]:
        assert name in caught.value.message


@pytest.mark.parametrize("container", ["workspaceblobstore", "batchpoint"])
def test_the_inbox_is_a_container_of_its_own(container: str):
    with pytest.raises(InvalidError, match="BATCHPOINT_INBOX_CONTAINER must be a container of its"):
        Settings.from_env(STORAGE | {"BATCHPOINT_INBOX_CONTAINER": container})


def test_the_default_of_the_inbox_is_checked_too():
    with pytest.raises(InvalidError, match="BATCHPOINT_INBOX_CONTAINER must be a container of its"):
        Settings.from_env(STORAGE | {"BATCHPOINT_DEFAULT_CONTAINER": "inbox"})


@pytest.mark.parametrize("text", ["-1", "+5", " 5", "1_000", "5.0", "x", "9" * 5000])
def test_numbers_are_whole_ones_in_digits(text: str):
    with pytest.raises(InvalidError) as caught:
        Settings.from_env(STORAGE | {"BATCHPOINT_KEEP_LOGS_DAYS": text})
    problem = f"BATCHPOINT_KEEP_LOGS_DAYS must be a whole number from 0 up, not '{text}'"
    assert caught.value.message == f"the app's settings are not right: {problem}"


def test_in_azure_each_app_and_slot_has_names_of_its_own():
    azure = {"AzureWebJobsStorage__accountName": "account", "WEBSITE_SITE_NAME": "Scoring"}
    apps = [
        azure,
        azure | {"WEBSITE_SITE_NAME": "other"},
        azure | {"WEBSITE_SLOT_NAME": "staging"},
    ]
    names = [Settings.from_env(app).names for app in apps]
    for of_each in zip(*(astuple(found) for found in names), strict=True):
        assert len(set(of_each)) == len(apps)
    production = {"WEBSITE_SITE_NAME": "scoring", "WEBSITE_SLOT_NAME": "Production"}
    assert Settings.from_env(azure | production).names == names[0]
    given = {"BATCHPOINT_TABLE_PREFIX": "batchpoint", "BATCHPOINT_SYSTEM_CONTAINER": "mine"}
    assert Settings.from_env(azure | given).names.table_prefix == "batchpoint"
    assert Settings.from_env(azure | given).names.system_container == "mine"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("BATCHPOINT_TABLE_PREFIX", "1-x"),
        ("BATCHPOINT_SYSTEM_CONTAINER", "No"),
        ("BATCHPOINT_INBOX_QUEUE", "a--b"),
        ("BATCHPOINT_DEFAULT_CONTAINER", "batchpoint"),
    ],
)
def test_names_that_storage_does_not_take_are_refused(setting: str, value: str):
    with pytest.raises(InvalidError, match=setting):
        Settings.from_env(STORAGE | {setting: value})


def test_the_inboxs_settings():
    inbox = Settings.from_env(
        STORAGE
        | {"BATCHPOINT_INBOX_SOURCE": "EventGrid", "BATCHPOINT_INBOX_FOLDER_WAIT_MINUTES": "0"}
    ).inbox
    assert inbox.source is InboxSource.EVENT_GRID
    assert inbox.folder_wait is None
    assert inbox.longest == timedelta(minutes=5)
    with pytest.raises(InvalidError, match="must be one of polling, eventgrid, off, not 'push'"):
        Settings.from_env(STORAGE | {"BATCHPOINT_INBOX_SOURCE": "push"})


def test_on_flex_consumption_the_inbox_hears_of_files_by_event_grid():
    flex = STORAGE | {"WEBSITE_SKU": "FlexConsumption"}
    assert Settings.from_env(flex).inbox.source is InboxSource.EVENT_GRID
    with pytest.raises(InvalidError, match="set it to eventgrid or off"):
        Settings.from_env(flex | {"BATCHPOINT_INBOX_SOURCE": "polling"})


def test_secrets_are_not_shown():
    key = "c2VjcmV0LWtleQ=="
    connection = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={key}"
    settings = Settings.from_env({"AzureWebJobsStorage": connection})
    assert key not in repr(settings)
    assert key not in repr(settings.storage)


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 1800), ("01:00:00", 3600), ("1.02:03:04", 93784), ("-1", None)]
)
def test_the_functions_timeout(text: str, seconds: float | None):
    environ = STORAGE | {"AzureFunctionsJobHost__functionTimeout": text}
    assert Settings.from_env(environ).time_budget.function_timeout == seconds


@pytest.mark.parametrize(
    ("text", "problem"),
    [("soon", "must look like 00:30:00"), ("00:10:00", "leaves no time for a run")],
)
def test_a_functions_timeout_that_is_of_no_use(text: str, problem: str):
    environ = STORAGE | {"AzureFunctionsJobHost__functionTimeout": text}
    with pytest.raises(InvalidError, match=problem):
        Settings.from_env(environ)
