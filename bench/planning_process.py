"""`python -m bench.planning_process JOB`: plans a copy of a job, with the whole app in the process.

What the activity `plan_page` does, page after page, with nothing scored beside it. Prints how many
files there were, the process's peak of memory in bytes, and the seconds it took, as JSON.
"""

import json
import os
import sys
import time
from dataclasses import replace
from uuid import uuid4

import function_app
from bench.processes import peak_memory
from shared.jobs.model import JobStatus, PlanTotals
from shared.jobs.repository import JobRepository
from shared.jobs.work import PageWork
from shared.settings import Settings
from shared.storage.factory import open_stores


def main() -> None:
    """Plans a copy of the job that the command line names, from its beginning to its end."""
    settings = Settings.from_env(os.environ)
    tables, _ = open_stores(settings.storage, table_prefix=settings.names.table_prefix)
    jobs = JobRepository(tables)
    job = jobs.get(sys.argv[1]).job
    # A status in which nobody starts an orchestration for it, and no watchdog looks for one.
    copy = replace(job, name=str(uuid4()), status=JobStatus.CANCELED, plan=PlanTotals())
    jobs.create(copy)
    plan_page = next(
        function.get_user_function()
        for function in function_app.app.get_functions()
        if function.get_function_name() == "plan_page"
    )
    started, page = time.perf_counter(), 0
    work = PageWork(copy.name, copy.run, copy.identity, page=0)
    while plan_page(work.at(page).payload())["more"]:
        page += 1
    answer = {
        "files": jobs.get(copy.name).job.plan.files,
        "peak": peak_memory(os.getpid()),
        "seconds": time.perf_counter() - started,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
