"""Names of the blobs that hold environments, and the logs of their builds."""


def build_log_blob(revision: str) -> str:
    """Returns the name of the build log of a deployment's revision."""
    return f"builds/{revision}.log"


def environment_blob(key: str) -> str:
    """A packed environment; the key names its content."""
    return f"environments/{key}.tar.zst"
