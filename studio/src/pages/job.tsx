// One job: what runs with which settings, how far it is, what went wrong, and what came out.

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { api } from "../logic/api";
import { duration, percent, place, time } from "../logic/format";
import { usePolling } from "../logic/hooks";
import { MiniBatches, sweep } from "../logic/minibatches";
import { links } from "../logic/route";
import { isFinal, type Job } from "../logic/types";
import { InvokeAgain } from "../parts/again";
import { ThroughputChart } from "../parts/chart";
import { Facts, Problem, Section, splitting, Status, Title } from "../parts/common";
import { FirstErrors } from "../parts/errors";
import { Logs } from "../parts/logs";
import { MiniBatchMap } from "../parts/map";
import { Outputs } from "../parts/outputs";
import { ScoredSoFar } from "../parts/partial";
import { ProgressBar, RunGraph } from "../parts/progress";
import { MiniBatchTable } from "../parts/table";

const PAUSE_MS = 1000;

export function JobPage({ name }: { name: string }) {
  const [job, setJob] = useState<Job | null>(null);
  const [batches] = useState(() => new MiniBatches());
  const [version, setVersion] = useState(0);
  const [round, setRound] = useState(0);
  const since = useRef<string | null>(null);
  const error = usePolling(
    async (signal) => {
      const found = await api.job(name, signal);
      setJob(found);
      since.current = await sweep(
        batches, since.current, (at) => api.miniBatches(name, at, signal), () => setVersion((before) => before + 1),
      );
      return !isFinal(found.status);
    },
    PAUSE_MS,
    `${name} ${round}`,
  );
  const shown = job ? `${job.status}${isFinal(job.status) ? "" : ` ${share(job)}%`} · ${name}` : name;
  return (
    <>
      <div class="head">
        <Title document={shown}><span class="name">{name}</span></Title>
        {job && <span role="status"><Status status={job.status} /></span>}
        {job && <Buttons job={job} onChanged={(changed) => (setJob(changed), setRound(round + 1))} />}
      </div>
      <Problem error={error} what="The job cannot be shown." />
      {job && <Body job={job} batches={batches} version={version} />}
    </>
  );
}

function share(job: Job): number {
  const { scored, failed, total } = job.counts.files;
  return percent(scored + failed, total);
}

function Buttons({ job, onChanged }: { job: Job; onChanged: (job: Job) => void }) {
  const [again, setAgain] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const act = (work: (name: string) => Promise<Job>) => () => {
    setError(null);
    work(job.name).then(onChanged, setError);
  };
  const stops = !isFinal(job.status) && job.status !== "CancelRequested" && job.status !== "Finalizing";
  return (
    <div class="actions">
      {stops && <button type="button" class="danger" onClick={act(api.cancel)}>Cancel the job</button>}
      {(job.status === "Failed" || job.status === "Canceled") && (
        <button type="button" class="primary" onClick={act(api.resume)}>Resume</button>
      )}
      <button type="button" onClick={() => setAgain(true)}>Invoke again …</button>
      {again && <InvokeAgain job={job} onClose={() => setAgain(false)} />}
      <Problem error={error} what="That did not work." />
    </div>
  );
}

function Body({ job, batches, version }: { job: Job; batches: MiniBatches; version: number }) {
  const [selected, setSelected] = useState<number | null>(null);
  const select = (number: number | null) => {
    setSelected(number);
    if (number !== null) document.getElementById("map")?.scrollIntoView({ block: "nearest" });
  };
  const over = isFinal(job.status);
  const { records } = job.kept_until;
  const recordsWent = over && records !== null && Date.parse(records) <= Date.now() && !batches.isKnown;
  return (
    <>
      {job.error && (
        <div class="note failed" role="alert"><strong>{job.error.code}</strong><pre tabIndex={0}>{job.error.message}</pre></div>
      )}
      <section class="card" aria-label="Progress"><ProgressBar job={job} /><RunGraph job={job} /></section>
      {job.first_errors.length > 0 && (
        <Section title="First errors" id="errors"><FirstErrors errors={job.first_errors} onSelect={select} /></Section>
      )}
      {job.status === "Completed" && <Section title="Outputs" id="outputs"><Outputs job={job.name} /></Section>}
      {job.status !== "Completed" && job.counts.mini_batches.done > 0 && !recordsWent && (
        <Section title="Scored so far" id="partial"><ScoredSoFar job={job} /></Section>
      )}
      <Section title="Mini-batches" id="map">
        {recordsWent ? (
          <p class="empty">What was known of each of them was removed, as the job ended long ago.</p>
        ) : batches.total > 0 ? (
          <>
            <MiniBatchMap batches={batches} version={version} selected={selected} onSelect={setSelected} />
            <MiniBatchTable batches={batches} version={version} onSelect={select} />
          </>
        ) : <p class="empty">{job.counts.mini_batches.total ? "Loading …" : "The input has not been listed yet."}</p>}
      </Section>
      <Section title="Throughput" id="throughput"><ThroughputChart batches={batches} version={version} /></Section>
      <Section title="Logs" id="logs">
        <Logs job={job.name} run={batches.run} isOver={over} only={selected} onAll={() => setSelected(null)} />
      </Section>
      <Section title="Settings" id="settings"><Facts facts={facts(job)} /></Section>
    </>
  );
}

function facts(job: Job): [string, ComponentChildren][] {
  const { settings, timing } = job;
  return [
    ["Endpoint", <a href={links.endpoint(job.endpoint)}>{job.endpoint}</a>],
    ["Deployment", job.deployment],
    ["Model", <code>{job.model.name}:{job.model.version}</code>],
    ["Input", <code>{place(job.input.uri)}</code>],
    ...(job.incremental ? [["Incremental", job.incremental.note] satisfies [string, string]] : []),
    ["Output", <code>{place(job.output.uri)}</code>],
    ["Files per mini-batch", settings.mini_batch_size],
    ["Files are split above", splitting(settings.max_file_split_size)],
    ["At once", `${settings.max_concurrency_per_instance} × ${settings.compute.instance_count} on ${settings.compute.target ?? "no named compute"}`],
    ["Attempts", `1 + ${settings.retry_settings.max_retries}, up to ${settings.retry_settings.timeout} s each`],
    ["Failed files allowed", settings.error_threshold < 0 ? "any number" : settings.error_threshold],
    ["Output action", settings.output_action],
    ["Logging", settings.logging_level],
    ["Created", time(timing.created_at)],
    ["Created by", job.created_by?.name ?? "–"],
    ["Started", time(timing.started_at)],
    ["Ended", time(timing.ended_at)],
    ["Took", duration(timing.elapsed_seconds)],
  ];
}
