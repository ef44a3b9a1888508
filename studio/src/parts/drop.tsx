// Files that are dropped here are uploaded to Blob Storage and scored.

import { useRef, useState } from "preact/hooks";
import { api } from "../logic/api";
import { bytes, count, percent, plural } from "../logic/format";
import { type Choices, choicesOf, invocation } from "../logic/invocation";
import { links } from "../logic/route";
import type { Deployment, Endpoint } from "../logic/types";
import { dropped, type Picked, pickedOf, upload, type UploadState } from "../logic/uploads";
import { Problem } from "./common";
import { SettingsFields } from "./settings";

const LISTED = 5;

export function DropZone({ endpoint }: { endpoint: Endpoint }) {
  const active = activeDeployment(endpoint);
  const [picked, setPicked] = useState<Picked[]>([]);
  const [over, setOver] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const take = (files: Picked[]) => {
    setProblem(files.length ? null : new Error("there are no files in it, or hidden ones alone"));
    setPicked(files);
  };
  const input = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  if (!active) return <p class="empty">There is no deployment to score with.</p>;
  return (
    <>
      <div
        class={`drop ${over ? "over" : ""}`}
        onDragOver={(event) => (event.preventDefault(), setOver(true))}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          if (event.dataTransfer) void dropped(event.dataTransfer).then(take, setProblem);
        }}
      >
        <p><strong>Drop files or a folder here</strong> to score them, or choose</p>
        <div class="actions">
          <button type="button" onClick={() => input.current?.click()}>Files</button>
          <button type="button" onClick={() => folder.current?.click()}>A folder</button>
        </div>
        <input
          ref={input} type="file" multiple hidden aria-label="Files to score"
          onChange={(event) => take(pickedOf(event.currentTarget.files ?? []))}
        />
        <input
          ref={folder} type="file" multiple hidden aria-label="Folder to score"
          {...{ webkitdirectory: true }}
          onChange={(event) => take(pickedOf(event.currentTarget.files ?? []))}
        />
      </div>
      <Problem error={problem} what="Nothing can be scored of that:" />
      {picked.length > 0 && (
        <Score endpoint={endpoint} active={active} picked={picked} onCancel={() => setPicked([])} />
      )}
    </>
  );
}

function activeDeployment(endpoint: Endpoint): Deployment | undefined {
  const name = Object.keys(endpoint.traffic).find((key) => endpoint.traffic[key] === 100);
  return endpoint.deployments.find((item) => item.name === name) ?? endpoint.deployments[0];
}

interface ScoreProps {
  endpoint: Endpoint;
  active: Deployment;
  picked: Picked[];
  onCancel: () => void;
}

function usual(endpoint: Endpoint, name: string): Choices {
  const found = endpoint.deployments.find((item) => item.name === name)!;
  return choicesOf(found, name, found.output_file_name);
}

function Score({ endpoint, active, picked, onCancel }: ScoreProps) {
  const [choices, setChoices] = useState(() => usual(endpoint, active.name));
  const [state, setState] = useState<UploadState | null>(null);
  const [error, setError] = useState<unknown>(null);
  const controller = useRef(new AbortController());
  const size = picked.reduce((sum, { file }) => sum + file.size, 0);
  const change = (chosen: Choices) =>
    setChoices(chosen.deployment === choices.deployment ? chosen : usual(endpoint, chosen.deployment));
  const start = async (event: Event) => {
    event.preventDefault();
    controller.current = new AbortController();
    setError(null);
    setState({ files: 0, bytes: 0 });
    try {
      const uri = await upload(picked, setState, controller.current.signal);
      const body = invocation(uri, choices, usual(endpoint, choices.deployment));
      location.hash = links.job((await api.invoke(endpoint.name, choices.deployment, body)).name);
    } catch (problem) {
      if (!controller.current.signal.aborted) setError(problem);
      setState(null);
    }
  };
  return (
    <form class="picked" aria-label="What is to be scored" onSubmit={(event) => void start(event)}>
      <p role="status">
        <strong>{plural(picked.length, "file")}, {bytes(size)}</strong>:{" "}
        {picked.slice(0, LISTED).map(({ path }) => path).join(", ")}
        {picked.length > LISTED && ` and ${count(picked.length - LISTED)} more`}
      </p>
      <details><summary>Settings of this job</summary>
        <SettingsFields choices={choices} deployments={endpoint.deployments} onChange={change} />
      </details>
      {state && <Uploading state={state} files={picked.length} size={size} />}
      <Problem error={error} what="The files were not scored." />
      <div class="actions">
        <button type="button" onClick={() => (controller.current.abort(), onCancel())}>Cancel</button>
        <button type="submit" class="primary" disabled={state !== null}>Score {plural(picked.length, "file")}</button>
      </div>
    </form>
  );
}

function Uploading({ state, files, size }: { state: UploadState; files: number; size: number }) {
  const share = size ? percent(state.bytes, size) : percent(state.files, files);
  return (
    <div class="progress">
      <div class="figures">
        <span>{count(state.files)} of {plural(files, "file")} uploaded</span>
        <span>{bytes(state.bytes)} of {bytes(size)}</span>
      </div>
      <div
        class="bar running" role="progressbar" aria-label="Uploaded"
        aria-valuemin={0} aria-valuemax={100} aria-valuenow={share}
      >
        <div class="scored" style={{ width: `${share}%` }} />
      </div>
    </div>
  );
}
