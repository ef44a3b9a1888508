"""Invocations as callers ask for them, however they write it."""

from dataclasses import dataclass, field

from shared.endpoints.scoring_settings import ScoringSettings
from shared.endpoints.settings_draft import SettingsDraft
from shared.jobs.blob_names import default_output_path
from shared.jobs.model import JobOutput
from shared.targets import Targets
from shared.uris import DEFAULT_DATASTORE


@dataclass(frozen=True)
class InvocationDraft:
    """A job that is to be made; None where the caller said nothing.

    Attributes:
        input_uri: A datastore URI in normal form, a web address, or a data asset's reference.
        job_name: A new one by default.
        output_datastore: The results go to the default datastore by default.
        output_path: A folder in it; one named after the job by default.
        settings: Those that differ from the deployment's.
        is_incremental: Whether only files are scored that no earlier job has scored.
        targets: What errors call the fields here.
    """

    input_uri: str
    job_name: str | None = None
    output_datastore: str | None = None
    output_path: str | None = None
    settings: SettingsDraft = field(default_factory=SettingsDraft)
    is_incremental: bool = False
    targets: Targets = field(default_factory=Targets)

    def output(self, job_name: str, settings: ScoringSettings) -> JobOutput:
        """Returns the place to which a job of that name with those settings writes."""
        given = self.output_datastore
        datastore = DEFAULT_DATASTORE if given is None else given
        path = self.output_path or default_output_path(job_name)
        return JobOutput(datastore, path, settings.output_file_name)
