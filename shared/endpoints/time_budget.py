"""Time limits for the parts of scoring a mini-batch, so that its function ends in time.

The host ends a function that runs into `functionTimeout` together with its worker process, and so
with all that other functions do there. So nothing may get near it: waiting for a scorer, loading
the model, `run()`, and what storage needs before and after have to fit in together.
"""

from dataclasses import dataclass

from shared.documents.validation import invalid
from shared.errors import ErrorDetail

INIT_SECONDS = 300.0
# For reading the inputs and recording what came out, slow storage included.
MARGIN_SECONDS = 180.0
LEAST_WAIT_SECONDS = 120.0
MOST_WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class TimeBudget:
    """Parts of a function's time.

    Attributes:
        function_timeout: Seconds after which the host ends a function; None if it never does.
    """

    function_timeout: float | None = None

    @property
    def most_run_seconds(self) -> float | None:
        """The longest `retry_settings.timeout` that fits; None where any does."""
        if self.function_timeout is None:
            return None
        return self.function_timeout - INIT_SECONDS - MARGIN_SECONDS - LEAST_WAIT_SECONDS

    def wait_seconds(self, timeout: float) -> float:
        """Seconds that a mini-batch may wait for a scorer.

        Args:
            timeout: Seconds for its `run()`.
        """
        if self.function_timeout is None:
            return MOST_WAIT_SECONDS
        left = self.function_timeout - INIT_SECONDS - MARGIN_SECONDS - timeout
        return min(MOST_WAIT_SECONDS, max(LEAST_WAIT_SECONDS, left))

    def longest_attempt(self, timeout: float) -> float:
        """The seconds after which an attempt at a mini-batch has ended in any case."""
        return self.wait_seconds(timeout) + INIT_SECONDS + timeout + MARGIN_SECONDS

    def silence(self, timeout: float) -> float:
        """The seconds without any sign of life after which a job is stuck.

        Twice as long as any of its functions may take: what it is waiting for may itself have had
        to wait behind what other jobs do.

        Args:
            timeout: Seconds for one `run()`.
        """
        return 2 * (self.function_timeout or self.longest_attempt(timeout))

    def check(self, timeout: float, target: str) -> None:
        """Refuses a timeout of `run()` that does not fit.

        Args:
            timeout: Seconds.
            target: Where it is given in the request.

        Raises:
            InvalidError: It is too long.
        """
        most = self.most_run_seconds
        if most is None or timeout <= most:
            return
        message = (
            f"must be at most {most:g} seconds, not {timeout:g}: the host ends a function after "
            f"{self.function_timeout:g} seconds (functionTimeout in host.json), of which "
            f"{INIT_SECONDS:g} are kept for init() and "
            f"{MARGIN_SECONDS + LEAST_WAIT_SECONDS:g} for storage and for waiting for a scorer"
        )
        raise invalid([ErrorDetail(message, target, "TimeoutTooLong")])
