"""Starts the driver: `python __main__.py CONTROL_FD PARENT_PID MEMORY_FOLDER`.

The driver's modules become a package with a name of their own, and its folder leaves `sys.path`, so
that no import of user code ever finds one of them.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

_PACKAGE = "_batchpoint_driver"


def _load_package() -> None:
    folder = Path(__file__).parent
    sys.path[:] = [entry for entry in sys.path if entry != str(folder)]
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, str(folder / "__init__.py"), submodule_search_locations=[str(folder)]
    )
    assert spec is not None  # noqa: S101 - for the type checker
    assert spec.loader is not None  # noqa: S101 - for the type checker
    package = importlib.util.module_from_spec(spec)
    sys.modules[_PACKAGE] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    _load_package()
    importlib.import_module(f"{_PACKAGE}.serving").main()
