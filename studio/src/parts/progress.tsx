// How far a job is: a bar, its counts, and the graph of its steps.

import { count, duration, percent, plural, rate } from "../logic/format";
import { stages } from "../logic/stages";
import { isFinal, type Job } from "../logic/types";
import { Mark } from "./common";

export function ProgressBar({ job }: { job: Job }) {
  const { files } = job.counts;
  const done = files.scored + files.failed;
  const share = percent(done, files.total);
  const said = `${count(done)} of ${plural(files.total, "file")}`;
  return (
    <div class="progress">
      <div class="figures">
        <span class="big">{share}%</span>
        <span>{said}{job.counts.planning_complete ? "" : " found so far"}</span>
        {files.failed > 0 && <span class="bad">{plural(files.failed, "file")} failed</span>}
        <span>{plural(job.counts.rows, "row")}</span>
        <span>{rate(job.rate.rows_per_second, "rows")}</span>
        <span>{rate(job.rate.files_per_second, "files")}</span>
        <span class="time">{timeLeft(job)}</span>
      </div>
      <div
        class={`bar ${isFinal(job.status) ? job.status.toLowerCase() : "running"}`}
        role="progressbar"
        aria-label="Files done"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share}
        aria-valuetext={said}
      >
        <div class="scored" style={{ width: `${part(files.scored, files.total)}%` }} />
        <div class="lost" style={{ width: `${part(files.failed, files.total)}%` }} />
      </div>
    </div>
  );
}

function part(some: number, total: number): number {
  return total ? (some / total) * 100 : 0;
}

function timeLeft(job: Job): string {
  const elapsed = job.timing.elapsed_seconds;
  if (isFinal(job.status)) return elapsed ? `took ${duration(elapsed)}` : "";
  const left = job.estimated_seconds_left;
  const since = elapsed ? `${duration(elapsed)} so far` : "";
  return left === null ? since : `about ${duration(left)} left, ${since}`;
}

export function RunGraph({ job }: { job: Job }) {
  return (
    <ol class="graph" aria-label="Steps of the run">
      {stages(job).map((stage) => (
        <li key={stage.name} class={stage.state}>
          <div class="stage">
            <Mark kind={stage.state} />
            <span class="name">{stage.name}</span>
            <span class="state">{stage.state}</span>
            <span class="detail">{stage.detail || " "}</span>
          </div>
        </li>
      ))}
    </ol>
  );
}
