"""Requirements of a deployment's scorer, and the key of an environment that meets them."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

# What the driver needs for an MLflow model; scripts need nothing of it.
MLFLOW_DRIVER = ("mlflow-skinny", "pandas")
# A new number for each change of how environments are built, so that none of before is used.
_FORMAT = 1


@dataclass(frozen=True)
class Requirements:
    """Sources of an environment's build.

    Attributes:
        python: Versions of Python (PEP 440), such as `==3.9.*`; empty for any.
        packages: Lines as pip reads them: requirements, URLs, and options such as
            `--extra-index-url`.
        constraints: Lines of a constraints file.
        conda: Names of those packages that were asked of conda, not of pip.
        is_mlflow: Whether the driver has to score an MLflow model in it.
    """

    python: str = ""
    packages: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    conda: tuple[str, ...] = ()
    is_mlflow: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The lines that say where packages come from, not which."""
        return tuple(line for line in self.packages if line.startswith("-"))

    @property
    def wanted(self) -> tuple[str, ...]:
        """The lines that name packages."""
        return tuple(line for line in self.packages if not line.startswith("-"))

    def key(self, python: str, platform: str) -> str:
        """Names the content of an environment.

        Args:
            python: The version of Python that it is built for, without the last number.
            platform: What compiled packages depend on.
        """
        lines = [sorted(set(self.wanted)), list(self.options), sorted(set(self.constraints))]
        content = json.dumps([_FORMAT, python, platform, self.is_mlflow, lines])
        return hashlib.sha256(content.encode()).hexdigest()[:32]


def for_mlflow(requirements: Requirements) -> Requirements:
    """The same with what the driver needs to score an MLflow model.

    MLflow itself is taken without its server: `mlflow-skinny` is the same code in the same version.
    """
    packages = tuple(map(_without_server, requirements.packages))
    named = {name for name in map(package_name, packages) if name}
    if "mlflow" in named:
        named.add("mlflow-skinny")
    added = tuple(name for name in MLFLOW_DRIVER if name not in named)
    return replace(requirements, packages=packages + added, is_mlflow=True)


def package_name(line: str) -> str | None:
    """The normal form of the package's name in a line, None where it has none."""
    parsed = read_requirement(line)
    return canonicalize_name(parsed.name) if parsed else None


def read_requirement(line: str) -> Requirement | None:
    """Parses a line, without the hashes that may follow; None for a bare URL or an option."""
    try:
        return Requirement(line.partition(" --")[0].strip())
    except InvalidRequirement:
        return None


def names(lines: Iterable[str]) -> Sequence[str]:
    """The names of all packages that the lines have."""
    return [name for name in map(package_name, lines) if name]


def _without_server(line: str) -> str:
    parsed = read_requirement(line)
    if parsed is None or canonicalize_name(parsed.name) != "mlflow" or parsed.extras or parsed.url:
        return line
    parsed.name = "mlflow-skinny"
    return str(parsed)
