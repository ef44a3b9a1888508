"""Writes studio/src/logic/schemas.ts, the types of what the studio reads."""

import subprocess
import tempfile
from pathlib import Path

from scripts.api_answers import document_text

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "studio" / "src" / "logic" / "schemas.ts"
GENERATOR = ROOT / "node_modules" / ".bin" / "openapi-typescript"
OPTIONS = ("--array-length", "--root-types", "--root-types-no-schema-prefix")


def main() -> None:
    """Writes the module."""
    TARGET.write_text(text(), encoding="utf-8")


def text() -> str:
    """Returns the module."""
    with tempfile.TemporaryDirectory() as folder:
        document, made = Path(folder, "openapi.json"), Path(folder, "schemas.ts")
        document.write_text(document_text(), encoding="utf-8")
        command = [str(GENERATOR), str(document), *OPTIONS, "--output", str(made)]
        subprocess.run(command, capture_output=True, check=True)
        return made.read_text("utf-8")


if __name__ == "__main__":
    main()
