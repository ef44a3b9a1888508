"""True if the app's own environment has all that a deployment requires, so that none is built."""

from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from scoring.environments.interpreters import accepts, own_python
from shared.environments.requirements import Requirements, read_requirement


def is_met(requirements: Requirements) -> bool:
    """True if scorers can run in the app's own environment.

    Of what a URL names, nobody knows whether it is what is installed; so that is not met.
    """
    if not accepts(requirements.python, own_python().version):
        return False
    wanted = [read_requirement(line) for line in requirements.wanted]
    limits = [read_requirement(line) for line in requirements.constraints]
    return all(item is not None and _has(item) for item in wanted) and all(
        item is not None and _keeps(item) for item in limits
    )


def _has(requirement: Requirement, extra: str = "") -> bool:
    if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
        return True
    found = _find(requirement.name)
    if found is None or requirement.url is not None or not _fits(requirement, found):
        return False
    return all(_has_extra(found, name) for name in requirement.extras)


def _has_extra(found: Distribution, extra: str) -> bool:
    listed = [read_requirement(line) for line in found.requires or []]
    of_extra = [item for item in listed if item is not None and "extra" in str(item.marker or "")]
    return all(_has(item, extra) for item in of_extra)


def _keeps(constraint: Requirement) -> bool:
    if constraint.marker and not constraint.marker.evaluate():
        return True
    found = _find(constraint.name)
    return found is None or (constraint.url is None and _fits(constraint, found))


def _fits(requirement: Requirement, found: Distribution) -> bool:
    return requirement.specifier.contains(found.version, prereleases=True)


def _find(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
