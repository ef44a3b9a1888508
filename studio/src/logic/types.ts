// The documents of the API that the page reads, by the names that the page has for them.

import type { FileError, JobStatus, JobSummaryList, Log, OutputPreview, ScoringSettings } from "./schemas";

export type {
  Deployment, Endpoint, Job, JobEvent, JobStatus, JobSummary, MiniBatchPage, OutputFile, ScoredMiniBatch,
  StudioConfig, Upload,
} from "./schemas";

export type FirstError = FileError;
export type LogEntry = Log;
export type Preview = OutputPreview;
export type Settings = ScoringSettings;
export type Page<T> = Omit<JobSummaryList, "value"> & { value: T[] };

export const STATUSES: readonly JobStatus[] = [
  "NotStarted", "Queued", "Preparing", "Running", "Finalizing",
  "CancelRequested", "Completed", "Failed", "Canceled",
];

export function isFinal(status: JobStatus): boolean {
  return status === "Completed" || status === "Failed" || status === "Canceled";
}
