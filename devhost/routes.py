"""Route templates of HTTP triggers, in the syntax of ASP.NET.

The real host tries them in the order of the functions' names, and the first that matches serves:
https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from devhost.app import AppError, Function

_CONSTRAINTS = {
    "int": r"[-+]?\d+",
    "long": r"[-+]?\d+",
    "bool": r"true|false",
    "decimal": r"[-+]?\d+(?:\.\d+)?",
    "double": r"[-+]?\d+(?:\.\d+)?",
    "float": r"[-+]?\d+(?:\.\d+)?",
    "alpha": r"[a-z]+",
    "guid": r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?",
}
_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(?::([^{}]*))?(\?)?\}")


@dataclass(frozen=True)
class Route:
    """The route of one function."""

    function: Function
    path: str
    methods: frozenset[str]
    pattern: re.Pattern[str]

    def match(self, method: str, raw_path: str) -> dict[str, str] | None:
        """Gives the route's parameters if a request is for it, else None."""
        if self.methods and method not in self.methods:
            return None
        found = self.pattern.fullmatch(raw_path)
        if found is None:
            return None
        return {k: unquote(v) for k, v in found.groupdict().items() if v is not None}


def make_routes(functions: list[Function], prefix: str) -> list[Route]:
    """Makes the routes of HTTP-triggered functions, in the order in which they are tried.

    Raises:
        AppError: A template cannot be read, or two functions have the same route and method.
    """
    in_order = sorted(functions, key=lambda function: function.name.lower())
    routes = [_make_route(function, prefix) for function in in_order]
    taken: dict[tuple[str, str], str] = {}
    for route in routes:
        for method in route.methods or {"any method"}:
            other = taken.setdefault((route.path.lower(), method), route.function.name)
            if other != route.function.name:
                name = route.function.name
                raise AppError(f"functions {other} and {name} both serve {method} {route.path}")
    return routes


def _make_route(function: Function, prefix: str) -> Route:
    template = function.trigger.get("route")
    template = function.name if template is None else str(template)
    path = "/".join(part for part in ("", prefix.strip("/"), template.strip("/")) if part)
    methods = frozenset(
        str(getattr(m, "value", m)).upper() for m in function.trigger.get("methods") or ()
    )
    segments = path.split("/") if path else []
    pattern = "".join(_segment_pattern(segment) for segment in segments)
    return Route(function, "/" + path, methods, re.compile(pattern + "/?", re.IGNORECASE))


def _segment_pattern(segment: str) -> str:
    pieces, end, optional = "", 0, False
    for found in _PARAMETER.finditer(segment):
        stars, name, constraint, question = found.groups()
        pieces += (
            re.escape(segment[end : found.start()]) + f"(?P<{name}>{_value(stars, constraint)})"
        )
        end, optional = found.end(), optional or bool(question or stars)
    rest = segment[end:]
    if "{" in rest or "}" in rest:
        raise AppError(f"the route segment {segment!r} cannot be read")
    pieces += re.escape(rest)
    return f"(?:/{pieces})?" if optional else f"/{pieces}"


def _value(stars: str, constraint: str | None) -> str:
    if stars:
        return ".*"
    if constraint is None:
        return "[^/]+"
    if constraint.startswith("regex(") and constraint.endswith(")"):
        return constraint.removeprefix("regex(").removesuffix(")").strip("^$")
    if constraint not in _CONSTRAINTS:
        raise AppError(f"the route constraint {constraint!r} is not one of {sorted(_CONSTRAINTS)}")
    return _CONSTRAINTS[constraint]
