// The steps of a run and how far each is, from what the job tells.

import { count, plural } from "./format";
import { isFinal, type Job } from "./types";

export type StageState = "waiting" | "active" | "done" | "failed" | "canceled";

export interface Stage {
  name: string;
  state: StageState;
  detail: string;
}

export function stages(job: Job): Stage[] {
  const [prepare, score, finalize] = states(job);
  const { files, mini_batches: batches, planning_complete } = job.counts;
  const listed = batches.total ? `${plural(files.total, "file")} in ${plural(batches.total, "mini-batch", "mini-batches")}` : "";
  const waits = job.status === "Queued" ? "waits for room on its compute" : "";
  const problems = [
    batches.failed ? `${count(batches.failed)} failed` : "",
    batches.retried ? `${count(batches.retried)} retried` : "",
  ].filter(Boolean);
  return [
    { name: "prepare", state: prepare, detail: waits || (listed && !planning_complete ? `${listed} so far` : listed) },
    {
      name: "batchscoring",
      state: score,
      detail: batches.total ? [`${count(batches.done)} of ${count(batches.total)} done`, ...problems].join(", ") : "",
    },
    { name: "finalize", state: finalize, detail: finalize === "done" ? job.output.file_name : "" },
  ];
}

function states(job: Job): [StageState, StageState, StageState] {
  const { mini_batches: batches, planning_complete: listed } = job.counts;
  const { status } = job;
  if (status === "Completed") return ["done", "done", "done"];
  if (status === "Finalizing") return ["done", "done", "active"];
  if (isFinal(status)) {
    const end: StageState = status === "Failed" ? "failed" : "canceled";
    if (!batches.total) return [end, "waiting", "waiting"];
    const all = listed && batches.done === batches.total && job.error?.code !== "ErrorThresholdExceeded";
    return all ? ["done", "done", end] : ["done", end, "waiting"];
  }
  if (status === "Running" || (status === "CancelRequested" && batches.total)) {
    return [listed ? "done" : "active", "active", "waiting"];
  }
  return [status === "NotStarted" || status === "Queued" ? "waiting" : "active", "waiting", "waiting"];
}
