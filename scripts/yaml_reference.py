"""Writes docs/yaml-reference.md from the JSON Schemas that the app checks documents against."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "shared" / "documents" / "schemas"
TARGET = ROOT / "docs" / "yaml-reference.md"
PAGES = (
    "batch-endpoint.json",
    "batch-deployment.json",
    "model.json",
    "environment.json",
    "data.json",
    "datastore.json",
    "compute.json",
    "schedule.json",
    "webhook.json",
)
HEAD = """# YAML reference

Every key of the documents that `batchpoint` and the HTTP API read. This page is made from the JSON
Schemas that documents are checked against (by `scripts/docs`); the app serves them below
`/api/schemas`, so that an editor can complete and check a file that names one as its `$schema`.
"""
LEFT_OUT = {"$schema"}
BOUNDS = {"minimum": "from", "exclusiveMinimum": "more than", "maximum": "to"}

Schema = dict[str, Any]


def main() -> None:
    """Writes the page."""
    TARGET.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page as Markdown."""
    return HEAD + "".join(section(name) for name in PAGES)


def section(name: str) -> str:
    """The part of the page about one kind of document."""
    schema = _load(name)
    required = set(schema.get("required", []))
    lines = ["", f"## {schema['title']}", ""]
    if "description" in schema:
        lines += [schema["description"], ""]
    lines += ["| key | value | meaning |", "|---|---|---|"]
    for path, key, is_required in _keys(schema, name, "", required):
        text = "required. " if is_required else ""
        meaning = (text + key.get("description", "")).strip()
        lines.append(f"| `{path}` | {_value(key, name)} | {_escaped(meaning)} |")
    return "\n".join(lines) + "\n"


def _load(name: str) -> Schema:
    schema: Schema = json.loads((SCHEMAS / name).read_text("utf-8"))
    for part in schema.get("allOf", []):
        base, _ = _resolve(part, name)
        schema["properties"] = {**base.get("properties", {}), **schema.get("properties", {})}
    return schema


def _resolve(schema: Schema, name: str) -> tuple[Schema, str]:
    """Follows a reference; answers what it leads to, and the file that it stands in."""
    reference: str | None = schema.get("$ref")
    if reference is None:
        return schema, name
    file, _, pointer = reference.partition("#")
    found: Any = json.loads((SCHEMAS / (file or name)).read_text("utf-8"))
    for part in filter(None, pointer.split("/")):
        found = found[part]
    own = {key: value for key, value in schema.items() if key != "$ref"}
    return {**found, **own}, file or name


def _keys(
    schema: Schema, name: str, prefix: str, required: set[str]
) -> Iterator[tuple[str, Schema, bool]]:
    for key, raw in schema.get("properties", {}).items():
        if key in LEFT_OUT:
            continue
        found, file = _resolve(raw, name)
        path = f"{prefix}{key}"
        yield path, found, key in required
        for part in [found, *found.get("anyOf", [])]:
            inner, inner_file = _resolve(part, file)
            if inner.get("type") == "object" and "properties" in inner:
                yield from _keys(inner, inner_file, f"{path}.", set(inner.get("required", [])))


def _value(schema: Schema, name: str) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if "anyOf" in schema and "type" not in schema:
        parts = [_resolve(part, name)[0] for part in schema["anyOf"]]
        return " or ".join(dict.fromkeys(_value(part, name) for part in parts if "type" in part))
    kinds = schema.get("type", "any")
    text = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    bounds = [f"{word} {schema[rule]}" for rule, word in BOUNDS.items() if rule in schema]
    return " ".join([text, *bounds])


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    main()
