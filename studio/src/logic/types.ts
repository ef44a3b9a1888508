// The documents of the API that the page reads; docs/api.md describes them.

export type JobStatus =
  | "NotStarted" | "Queued" | "Preparing" | "Running" | "Finalizing"
  | "CancelRequested" | "Completed" | "Failed" | "Canceled";

export const STATUSES: readonly JobStatus[] = [
  "NotStarted", "Queued", "Preparing", "Running", "Finalizing",
  "CancelRequested", "Completed", "Failed", "Canceled",
];

export interface Settings {
  compute: { target: string | null; instance_count: number };
  max_concurrency_per_instance: number;
  mini_batch_size: number;
  max_file_split_size: number;
  output_action: string;
  retry_settings: { max_retries: number; timeout: number };
  error_threshold: number;
  logging_level: string;
}

export interface Model {
  name: string;
  version: string;
  path: string;
}

export interface Deployment extends Settings {
  name: string;
  description: string;
  model: Model;
  code_configuration: { code: string; scoring_script: string } | null;
  environment: { name?: string; version?: string; conda_file?: unknown; image?: string } | null;
  environment_variables: Record<string, string>;
  output_file_name: string;
  provisioning_state: string;
  provisioning_error: string | null;
  warnings: string[];
  created_at: string | null;
}

export interface Endpoint {
  name: string;
  description: string;
  tags: Record<string, string>;
  scoring_uri: string;
  provisioning_state: string;
  traffic: Record<string, number>;
  deployments: Deployment[];
  created_at: string;
  updated_at: string;
}

export interface JobSummary {
  name: string;
  endpoint: string;
  deployment: string;
  status: JobStatus;
  error: { code: string; message: string } | null;
  model?: Model;
  input: { uri: string };
  incremental: { base: string | null; note: string } | null;
  output: { datastore: string; path: string; file_name: string; uri: string };
  created_by: { name: string } | null;
  settings: Settings;
  timing: {
    created_at: string;
    started_at: string | null;
    ended_at: string | null;
    elapsed_seconds?: number | null;
  };
}

export interface FirstError {
  file: string | null;
  files: number;
  message: string;
  mini_batch: number;
  attempts: number;
}

export interface Job extends JobSummary {
  counts: {
    files: { total: number; scored: number; failed: number };
    mini_batches: { total: number; done: number; failed: number; retried: number };
    rows: number;
    planning_complete: boolean;
  };
  rate: { files_per_second: number | null; rows_per_second: number | null };
  estimated_seconds_left: number | null;
  first_errors: FirstError[];
  /** Until when things are kept; null is for ever, or not known yet. */
  kept_until: { records: string | null; logs: string | null; job: string | null };
}

export interface MiniBatchPage {
  run: number;
  total: number;
  first: number;
  last: number;
  spans: [number, number][];
  running: [number, number][];
  files: number[];
  failed: number[];
  rows: number[];
  attempts: number[];
  milliseconds: number[];
  pieces: (number | null)[];
  ended: (number | null)[];
  next: string | null;
  since: string;
}

export interface OutputFile {
  name: string;
  kind: "output" | "manifest" | "failed_files";
  size: number;
  url: string;
}

export interface Preview {
  name: string;
  columns: string[] | null;
  rows: string[][];
  is_complete: boolean;
}

export interface LogEntry {
  name: string;
  mini_batch: number;
  attempt: number;
  written_at: string;
  text: string;
}

export interface JobEvent {
  at: string;
  text: string;
}

export interface ScoredMiniBatch {
  mini_batch: number;
  size: number;
  url: string;
  files: { name: string; url: string }[];
}

export interface Upload {
  upload_id: string;
  uri: string;
  files: { path: string; url: string | null; method: string; headers: Record<string, string> }[];
}

export interface Page<T> {
  value: T[];
  nextLink: string | null;
}

export interface StudioConfig {
  authority?: string;
  clientId?: string;
  scope?: string;
  /** The setting without which the page cannot sign anybody in. */
  missing?: string;
}

export function isFinal(status: JobStatus): boolean {
  return status === "Completed" || status === "Failed" || status === "Canceled";
}
