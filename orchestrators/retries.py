"""How often storage and the host may fail an activity before the job gives up.

What user code does wrong is not retried here: an activity answers it, and the orchestrator decides
by the deployment's own retry settings.
"""

import azure.durable_functions as df

HOST_RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=2000, max_number_of_attempts=8)
