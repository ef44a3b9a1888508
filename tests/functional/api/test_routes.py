"""The app's routes on a host that tries them in the order of the functions' names."""

import re

from devhost.app import Function
from devhost.routes import Route, make_routes
from tests.functional.harness import App


def routes_of(app: App) -> list[Route]:
    triggers = {
        name: item.get_trigger().get_dict_repr()
        for name, item in app.functions.items()
        if item.get_trigger().get_dict_repr()["type"] == "httpTrigger"
    }
    return make_routes([Function(name, trigger) for name, trigger in triggers.items()], "api")


def test_each_path_is_served_by_the_function_that_it_is_meant_for(app: App) -> None:
    routes = routes_of(app)
    assert len(routes) > 50
    for route in routes:
        path = re.sub(r"\{\*?\w+\??\}", "some-thing", route.path)
        for method in route.methods:
            served = next(one for one in routes if one.match(method, path) is not None)
            assert served.function.name == route.function.name, f"{method} {path}"


def test_some_routes_do_overlap(app: App) -> None:
    """Otherwise the test above would test nothing."""
    routes = routes_of(app)
    overlapping = [
        (one.function.name, other.function.name)
        for one in routes
        for other in routes
        if one is not other and "{" not in one.path
        for method in one.methods
        if other.match(method, one.path) is not None
    ]
    assert overlapping
