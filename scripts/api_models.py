"""Writes batchpoint/models.py, the types of what the command line reads, from the API's schemas."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from datamodel_code_generator import DataModelType, InputFileType, generate
from datamodel_code_generator.format import Formatter, PythonVersion
from datamodel_code_generator.parser import LiteralType

from scripts.api_answers import document_text
from shared.documents.validation import load_schema

TARGET = Path(__file__).resolve().parents[1] / "batchpoint" / "models.py"
HEAD = '''"""The JSON shapes of the HTTP API, as types; `scripts/docs` makes them from its schemas.

They are typed dictionaries, so that what the service adds later still reaches the user.
"""'''
TAIL = """
JsonObject = dict[str, Any]
"""


def main() -> None:
    """Writes the module."""
    TARGET.write_text(text(), encoding="utf-8")


def text() -> str:
    """Returns the module as scripts/check wants it formatted."""
    made = generate(
        document_text({"UploadFile": _upload_file()}),
        input_filename="openapi.json",
        input_file_type=InputFileType.OpenAPI,
        output_model_type=DataModelType.TypingTypedDict,
        target_python_version=PythonVersion.PY_311,
        custom_file_header=HEAD,
        enum_field_as_literal=LiteralType.All,
        use_schema_description=True,
        use_field_description=True,
        use_single_line_docstring=True,
        use_double_quotes=True,
        use_standard_collections=True,
        use_union_operator=True,
        disable_future_imports=True,
        formatters=[Formatter.BUILTIN],
    )
    fixed = _ruff("check", "--fix-only", "--quiet", code=f"{made}\n{TAIL}")
    return _ruff("format", code=fixed)


def _upload_file() -> dict[str, Any]:
    """Returns the schema of a file in a request for upload URLs, open to further keys."""
    schema = load_schema("upload.json")["properties"]["files"]["items"]
    about = "A file to upload: its `path` is relative with `/` between the parts."
    kept = {key: item for key, item in schema.items() if key != "additionalProperties"}
    return {"description": about, **kept}


def _ruff(*arguments: str, code: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", str(TARGET), "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
