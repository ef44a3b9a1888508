"""Loading an app, routing and schedules, without a running host."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devhost.app import AppError, Function, load_functions, load_settings, resolve
from devhost.host_json import override, read_host_json
from devhost.routes import make_routes
from devhost.timers import read_schedule


def http_function(name: str, route: str | None, *methods: str) -> Function:
    trigger = {"type": "httpTrigger", "name": "req", "route": route, "methods": list(methods)}
    return Function(name, trigger)


def served_by(routes, method: str, path: str):
    for route in routes:
        if (found := route.match(method, path)) is not None:
            return route.function.name, found
    return None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/jobs", ("list", {})),
        ("/api/JOBS/", ("list", {})),
        ("/api/jobs/latest", ("job", {"job": "latest"})),
        ("/api/jobs/12", ("by_number", {"id": "12"})),
        ("/api/jobs/a%2Fb", ("job", {"job": "a/b"})),
        ("/api/jobs/a/b/c", ("rest", {"path": "a/b/c"})),
        ("/api/optional", ("optional", {})),
        ("/api/optional/x", ("optional", {"name": "x"})),
        ("/api/by-name", ("by-name", {})),
        ("/jobs", None),
    ],
)
def test_the_first_route_by_name_that_matches_serves(path, expected) -> None:
    functions = [
        http_function("rest", "jobs/{*path}"),
        http_function("job", "jobs/{job}", "GET"),
        http_function("by_number", "jobs/{id:int}"),
        http_function("latest", "jobs/latest"),
        http_function("list", "jobs", "GET"),
        http_function("optional", "optional/{name?}"),
        http_function("by-name", None),
    ]

    assert served_by(make_routes(functions, "api"), "GET", path) == expected


def test_an_empty_prefix_serves_from_the_root() -> None:
    routes = make_routes([http_function("f", "jobs")], "")

    assert served_by(routes, "GET", "/jobs") == ("f", {})


def test_the_method_picks_among_functions_of_one_path() -> None:
    functions = [http_function("make", "jobs", "POST"), http_function("list", "jobs", "GET")]

    assert served_by(make_routes(functions, "api"), "POST", "/api/jobs") == ("make", {})
    assert served_by(make_routes(functions, "api"), "PUT", "/api/jobs") is None


def test_two_functions_of_one_route_and_method_are_refused() -> None:
    functions = [http_function("a", "jobs", "GET"), http_function("b", "Jobs", "GET")]

    with pytest.raises(AppError, match="both serve GET"):
        make_routes(functions, "api")


@pytest.mark.parametrize("route", ["{id:colour}", "{id", "a}b"])
def test_a_template_that_cannot_be_read_is_refused(route) -> None:
    with pytest.raises(AppError):
        make_routes([http_function("f", route)], "api")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("*/15 * * * * *", "2026-03-06T10:00:15"),
        ("0 */5 * * * *", "2026-03-06T10:05:00"),
        ("0 30 9 * * Mon-Fri", "2026-03-09T09:30:00"),
        ("0 0 0 13 * 5", "2026-03-13T00:00:00"),
        ("*/5 * * * *", "2026-03-06T10:05:00"),
        ("00:10:00", "2026-03-06T10:10:00"),
    ],
)
def test_a_schedule_gives_the_next_time(schedule, expected) -> None:
    friday = datetime(2026, 3, 6, 10, 0, 0, tzinfo=UTC)

    assert read_schedule(schedule)(friday) == datetime.fromisoformat(expected + "+00:00")


def test_a_schedule_that_is_none_is_refused() -> None:
    with pytest.raises(AppError, match="every minute"):
        read_schedule("every minute")


def test_settings_do_not_override_the_environment(tmp_path, monkeypatch) -> None:
    (tmp_path / "s.json").write_text('{"Values": {"SAMPLE_A": "file", "SAMPLE_B": "file"}}')
    monkeypatch.setenv("SAMPLE_A", "environment")
    monkeypatch.setenv("SAMPLE_B", "")
    monkeypatch.delenv("SAMPLE_B")

    load_settings(tmp_path / "s.json")
    load_settings(tmp_path / "missing.json")

    assert (resolve("%SAMPLE_A%"), resolve("%SAMPLE_B%")) == ("environment", "file")
    with pytest.raises(AppError, match="SAMPLE_C"):
        resolve("%SAMPLE_C%")


def test_settings_that_are_not_json_are_refused(tmp_path) -> None:
    (tmp_path / "s.json").write_text("{")

    with pytest.raises(AppError, match="not valid JSON"):
        load_settings(tmp_path / "s.json")


def test_a_folder_without_an_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AppError, match=r"no function_app\.py"):
        load_functions(tmp_path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1", "must have one FunctionApp"),
        (
            (
                "import azure.functions as func\napp = func.FunctionApp()\n"
                "for route in ('a', 'b'):\n"
                "    @app.function_name('same')\n"
                "    @app.route(route=route)\n"
                "    def serve(req): ...\n"
            ),
            "unique",
        ),
    ],
)
def test_an_app_that_cannot_be_served_is_refused(tmp_path, monkeypatch, source, message) -> None:
    (tmp_path / "function_app.py").write_text(source)
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "function_app", raising=False)

    with pytest.raises(AppError, match=message):
        load_functions(tmp_path)

    monkeypatch.delitem(sys.modules, "function_app", raising=False)


def test_app_settings_override_host_json_in_any_case(tmp_path: Path) -> None:
    document = {
        "extensions": {"durableTask": {"hubName": "a", "maxConcurrentActivityFunctions": 4}}
    }
    (tmp_path / "host.json").write_text(json.dumps(document))
    settings = {
        "AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions": "7",
        "AZUREFUNCTIONSJOBHOST__EXTENSIONS__HTTP__ROUTEPREFIX": "",
        "AzureFunctionsJobHost__functionTimeout": "01:00:00",
        "AzureFunctionsJobHost__extensions__durableTask__extendedSessionsEnabled": "False",
        "PATH": "/bin",
    }

    assert read_host_json(tmp_path, settings) == {
        "extensions": {
            "durableTask": {
                "hubName": "a",
                "maxConcurrentActivityFunctions": 7,
                "extendedSessionsEnabled": False,
            },
            "HTTP": {"ROUTEPREFIX": ""},
        },
        "functionTimeout": "01:00:00",
    }


def test_a_setting_takes_the_place_of_a_value_that_has_no_parts() -> None:
    assert override({"a": 1}, {"AzureFunctionsJobHost__A__b": "x"}) == {"a": {"b": "x"}}
