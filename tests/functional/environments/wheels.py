"""Small packages as wheels in a folder, so that environments are built without any index."""

import zipfile
from collections.abc import Sequence
from pathlib import Path


def make_wheel(folder: Path, name: str, version: str, requires: Sequence[str] = ()) -> Path:
    """Makes a package with one module that knows its version."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {item}" for item in requires]
    kind = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    script = f"[console_scripts]\n{name} = {name}:main\n"
    module = f"__version__ = {version!r}\n\n\ndef main():\n    print(__version__)\n"
    files = {
        f"{name}.py": module,
        f"{info}/METADATA": "\n".join([*lines, ""]),
        f"{info}/WHEEL": kind,
        f"{info}/entry_points.txt": script,
    }
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
        record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
        archive.writestr(f"{info}/RECORD", record)
    return path
