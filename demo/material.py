"""Makes the folder that the demo works in: data, models, answers and the user's own files.

`python -m demo.material FOLDER` makes it for trying things by hand. Making it takes seconds, so
that it is kept, under a key of all that decides what it looks like.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from demo import cancer, digits
from demo.commands import say

_HERE = Path(__file__).resolve().parent
CACHE = _HERE.parent / ".local" / "demo"
_PACKAGES = ("mlflow-skinny", "numpy", "pandas", "scikit-learn", "skops")


def main() -> None:
    """Copies the demo's material to the folder that the command line names."""
    parser = argparse.ArgumentParser("python -m demo.material", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="must not exist yet")
    shutil.copytree(prepare(), parser.parse_args().folder)


def prepare(cache: Path = CACHE) -> Path:
    """Returns a folder with the demo's material, made now unless it was made before.

    Nothing may be changed in it. Several processes may call this at the same time.
    """
    kept = cache / _key()
    if kept.is_dir():
        return kept
    say("Making the data and training the models ...")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=cache) as making:
        folder = Path(making) / "work"
        shutil.copytree(_HERE / "files", folder, ignore=shutil.ignore_patterns("__pycache__"))
        for part in (cancer, digits):
            part.make(folder)
        try:
            os.replace(folder, kept)  # noqa: PTH105 - Path.replace is the same, less known
        except OSError:
            # Another copy of the demo was faster.
            if not kept.is_dir():
                raise
    return kept


def _key() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    for file in sorted(_HERE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(_HERE)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    main()
