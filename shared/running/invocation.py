"""Makes a job of a request to the scoring URI."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, uuid4, uuid5

from shared.clock import Clock
from shared.endpoints.frozen_references import RegisteredReferences
from shared.endpoints.model import Deployment, ProvisioningState
from shared.endpoints.repository import EndpointRepository, StoredEndpoint
from shared.errors import ConflictError, InvalidError
from shared.inputs.reader import Inputs
from shared.jobs.model import Incremental, Job, RecordStorage
from shared.jobs.plan import PlannedFile
from shared.jobs.repository import JobRepository
from shared.outputs.files import Outputs
from shared.principal import Principal
from shared.running.admission import AdmissionService
from shared.running.drafts import InvocationDraft


@dataclass(frozen=True)
class InvokeRequest:
    """Body of a request to the scoring URI.

    Attributes:
        endpoint: The endpoint's name.
        draft: The job that is asked for.
        deployment: A deployment other than the active one.
        idempotency_key: A repeated request with the same key gets the first one's job.
        caller: Who sends it.
        selection: The files to score, where these are not all that lies below the input's place.
    """

    endpoint: str
    draft: InvocationDraft
    caller: Principal
    deployment: str | None = None
    idempotency_key: str | None = None
    selection: Sequence[PlannedFile] | None = None


@dataclass(frozen=True)
class Invoked:
    """The job of an invocation, and whether this request made it."""

    job: Job
    is_new: bool


class InvocationService:
    """Starts jobs; the orchestration itself is started by the caller."""

    def __init__(
        self,
        endpoints: EndpointRepository,
        jobs: JobRepository,
        inputs: Inputs,
        outputs: Outputs,
        references: RegisteredReferences,
        admission: AdmissionService,
        clock: Clock,
    ) -> None:
        self._endpoints = endpoints
        self._jobs = jobs
        self._inputs = inputs
        self._outputs = outputs
        self._references = references
        self._admission = admission
        self._clock = clock

    def invoke(self, request: InvokeRequest) -> Invoked:
        """Stores a new job, or finds the one that the same request made before.

        Raises:
            InvalidError: The draft breaks the rules.
            NotFoundError: There is no such endpoint, deployment, datastore or input.
            ConflictError: The endpoint has no active deployment, the deployment cannot score, the
                job's name is taken, or the output exists.
        """
        stored = self._endpoints.get(request.endpoint)
        name = request.draft.job_name or _job_name(stored.endpoint.name, request)
        earlier = self._repeated(name, request)
        if earlier is not None:
            return Invoked(earlier, is_new=False)
        job = self._checked(name, stored, request)
        if request.selection is None:
            self._inputs.check(job.input_uri)
        else:
            self._inputs.select(job.name, request.selection)
        uri, key = self._inputs.signatures.seal(name, job.input_uri)
        job = replace(job, input_uri=uri, input_key=key)
        try:
            self._jobs.create(job)
        except ConflictError:
            self._inputs.signatures.forget(name, key)
            earlier = self._repeated(name, request)
            if earlier is None:
                raise
            return Invoked(earlier, is_new=False)
        return Invoked(job, is_new=True)

    def dry_run(self, request: InvokeRequest, *, with_input: bool) -> Job:
        """Makes the job that a request would make, and stores nothing.

        Args:
            request: What would be asked for.
            with_input: Whether the input must be there already.

        Raises:
            BatchpointError: As `invoke` does.
        """
        stored = self._endpoints.get(request.endpoint)
        job = self._checked(str(uuid4()), stored, request)
        check = self._inputs.check if with_input else self._inputs.check_place
        check(job.input_uri)
        return job

    def find(self, request: InvokeRequest) -> Job | None:
        """The job that an earlier request with the same idempotency key made, if there is one."""
        stored = self._endpoints.get(request.endpoint)
        name = _job_name(stored.endpoint.name, request)
        return self._repeated(name, request)

    def _checked(self, name: str, stored: StoredEndpoint, request: InvokeRequest) -> Job:
        job = self._make(name, _pick(stored, request.deployment), request)
        self._admission.check(job, request.draft.targets)
        self._check_output(job, request.draft.targets.of("output_path"))
        return job

    def _repeated(self, name: str, request: InvokeRequest) -> Job | None:
        if request.idempotency_key is None:
            return None
        found = self._jobs.find(name)
        if found is None or found.job.is_deleted:
            return None
        if found.job.idempotency_key != request.idempotency_key:
            return None
        return found.job if request.caller.made(found.job.created_by) else None

    def _make(self, name: str, deployment: Deployment, request: InvokeRequest) -> Job:
        draft = request.draft
        settings = draft.settings.apply(deployment.settings)
        return Job(
            name=name,
            endpoint_name=deployment.endpoint_name,
            deployment=deployment,
            settings=settings,
            input_uri=self._references.input_uri(draft.input_uri, draft.targets.of("input_uri")),
            output=draft.output(name, settings),
            created_at=self._clock(),
            idempotency_key=request.idempotency_key,
            created_by=request.caller.as_creator(),
            is_selection=request.selection is not None,
            incremental=Incremental() if draft.is_incremental else None,
            records_in=RecordStorage.TABLE,
        )

    def _check_output(self, job: Job, target: str) -> None:
        if self._outputs.is_among_uploads(job):
            raise InvalidError(
                f"'{job.output.folder}' is among the uploads of models, code and inputs, which are "
                "removed when nothing uses them; choose another output path",
                target=target,
            )
        if self._outputs.is_taken(job):
            raise ConflictError(
                f"the output '{job.output.file}' exists already; choose another output path or "
                "file name",
                code="OutputExists",
                target=target,
            )


def _job_name(endpoint: str, request: InvokeRequest) -> str:
    if request.idempotency_key is None:
        return str(uuid4())
    # A key is its caller's own: nobody else's request may find this job, or be in its way.
    caller = f"{request.caller.tenant}/{request.caller.id}"
    return str(uuid5(NAMESPACE_URL, f"batchpoint:{endpoint}:{caller}:{request.idempotency_key}"))


def _pick(stored: StoredEndpoint, wanted: str | None) -> Deployment:
    name = wanted or stored.endpoint.active_deployment
    if name is None:
        raise ConflictError(
            f"no deployment of the endpoint '{stored.endpoint.name}' gets its traffic; "
            "set the traffic of one to 100, or name one in the request",
            code="NoActiveDeployment",
        )
    deployment = stored.deployment(name)
    _check_ready(deployment)
    return deployment


def _check_ready(deployment: Deployment) -> None:
    if deployment.provisioning_state is ProvisioningState.CREATING:
        raise ConflictError(
            f"the deployment '{deployment.name}' is still {deployment.provisioning_state}: its "
            "environment is being built; wait until its provisioning_state is Succeeded, and "
            "invoke again",
            code="DeploymentNotReady",
        )
    if deployment.provisioning_state is ProvisioningState.FAILED:
        raise ConflictError(
            f"the deployment '{deployment.name}' has failed and cannot score: "
            f"{deployment.provisioning_error}; its build log says more, and an update of the "
            "deployment builds again",
            code="DeploymentFailed",
        )
