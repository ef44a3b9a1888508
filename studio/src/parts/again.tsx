// A dialog that scores the input of a job once more, with other settings.

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../logic/api";
import { place } from "../logic/format";
import { type Choices, choicesOf, invocation } from "../logic/invocation";
import { links } from "../logic/route";
import type { Deployment, Job } from "../logic/types";
import { Problem } from "./common";
import { SettingsFields } from "./settings";

export function InvokeAgain({ job, onClose }: { job: Job; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [deployments, setDeployments] = useState<Deployment[]>([]);
  const [choices, setChoices] = useState(choicesOf(job.settings, job.deployment, job.output.file_name));
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    api.endpoint(job.endpoint).then((endpoint) => setDeployments(endpoint.deployments), setError);
  }, [job.endpoint]);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const chosen = deployments.find(({ name }) => name === choices.deployment);
      const usual: Choices | null = chosen
        ? choicesOf(chosen, chosen.name, chosen.output_file_name)
        : choicesOf(job.settings, job.deployment, job.output.file_name);
      const made = await api.invoke(job.endpoint, choices.deployment, invocation(job.input.uri, choices, usual));
      onClose();
      location.hash = links.job(made.name);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="again" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="again">Invoke again</h2>
        <p>Scores <code>{place(job.input.uri)}</code> as a new job.</p>
        <SettingsFields
          choices={choices}
          deployments={deployments.length ? deployments : [{ name: job.deployment }]}
          onChange={setChoices}
        />
        <Problem error={error} what="The job was not started." />
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>Close</button>
          <button type="submit" class="primary" disabled={busy}>Start the job</button>
        </div>
      </form>
    </dialog>
  );
}
