// Calls the API that serves this page.

import { session } from "./signin";
import type {
  Endpoint, Job, JobEvent, JobSummary, LogEntry, MiniBatchPage, OutputFile, Page, Preview, ScoredMiniBatch, Upload,
} from "./types";

const ROOT = "/api";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: { target?: string | null; message: string }[] = [],
  ) {
    super(message);
  }
}

interface Sent {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

async function call<T>(path: string, sent: Sent = {}, signal?: AbortSignal): Promise<T> {
  const token = await session.token();
  const headers: Record<string, string> = { Accept: "application/json", ...sent.headers };
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (sent.body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path.startsWith("/") ? ROOT + path : path, {
    method: sent.method ?? "GET",
    headers,
    ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
    ...(signal ? { signal } : {}),
  });
  if (answer.status === 401 && token) await session.refused(token);
  if (!answer.ok) throw await problem(answer);
  return (await answer.json()) as T;
}

async function problem(answer: Response): Promise<ApiError> {
  try {
    const { error } = await answer.json();
    return new ApiError(answer.status, error.code, error.message, error.details ?? []);
  } catch {
    return new ApiError(answer.status, "HttpError", `the service answered ${answer.status}`);
  }
}

export interface JobFilter {
  status: string;
  endpoint: string;
  search: string;
}

const name = encodeURIComponent;

export const api = {
  endpoints: (signal?: AbortSignal) => all<Endpoint>("/endpoints?top=1000", signal),
  endpoint: (endpoint: string, signal?: AbortSignal) =>
    call<Endpoint>(`/endpoints/${name(endpoint)}`, {}, signal),
  jobs: (filter: JobFilter, top: number, signal?: AbortSignal) => {
    const query = new URLSearchParams({ top: String(top) });
    for (const [key, value] of Object.entries(filter)) if (value) query.set(key, value as string);
    return call<Page<JobSummary>>(`/jobs?${query}`, {}, signal);
  },
  more: <T>(nextLink: string) => call<Page<T>>(ownPath(nextLink)),
  job: (job: string, signal?: AbortSignal) => call<Job>(`/jobs/${name(job)}`, {}, signal),
  miniBatches: (job: string, since: string | null, signal?: AbortSignal) =>
    call<MiniBatchPage>(
      `/jobs/${name(job)}/mini-batches${since ? `?since=${name(since)}` : ""}`, {}, signal,
    ),
  logs: (job: string, since: string | null, signal?: AbortSignal) =>
    call<Page<LogEntry>>(`/jobs/${name(job)}/logs?tail=200${since ? `&since=${name(since)}` : ""}`, {}, signal),
  logsOf: (job: string, miniBatch: number, signal?: AbortSignal) =>
    call<Page<LogEntry>>(`/jobs/${name(job)}/logs?mini_batch=${miniBatch}`, {}, signal),
  allLogs: (job: string, signal?: AbortSignal) => pages<LogEntry>(`/jobs/${name(job)}/logs?order=input`, signal),
  events: (job: string, signal?: AbortSignal) => pages<JobEvent>(`/jobs/${name(job)}/events?top=1000`, signal),
  records: (job: string, top: number, signal?: AbortSignal) =>
    pages<ScoredMiniBatch>(`/jobs/${name(job)}/records?top=${top}`, signal),
  outputs: (job: string, signal?: AbortSignal) =>
    call<Page<OutputFile>>(`/jobs/${name(job)}/outputs`, {}, signal),
  preview: (job: string, file: string, rows: number, signal?: AbortSignal) =>
    call<Preview>(`/jobs/${name(job)}/outputs/preview?top=${rows}&name=${name(file)}`, {}, signal),
  partialPreview: (job: string, rows: number, signal?: AbortSignal) =>
    call<Preview>(`/jobs/${name(job)}/outputs/preview?top=${rows}&partial=true`, {}, signal),
  cancel: (job: string) => call<Job>(`/jobs/${name(job)}/cancel`, { method: "POST" }),
  resume: (job: string) => call<Job>(`/jobs/${name(job)}/resume`, { method: "POST" }),
  upload: (body: { upload_id?: string; files: { path: string }[] }) =>
    call<Upload>("/uploads", { method: "POST", body }),
  invoke: (endpoint: string, deployment: string, body: unknown) =>
    call<Job>(`/endpoints/${name(endpoint)}/jobs`, {
      method: "POST",
      body,
      headers: deployment ? { "azureml-model-deployment": deployment } : {},
    }),
};

// Links may start with an address that the app is configured with, which a browser need not reach.
function ownPath(link: string): string {
  const url = new URL(link, location.origin);
  return url.pathname.replace(/^.*?\/api\//, "/") + url.search;
}

async function* pages<T>(path: string, signal?: AbortSignal): AsyncGenerator<T[]> {
  let page = await call<Page<T>>(path, {}, signal);
  yield page.value;
  while (page.nextLink) {
    page = await call<Page<T>>(ownPath(page.nextLink), {}, signal);
    yield page.value;
  }
}

async function all<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  for await (const some of pages<T>(path, signal)) found.push(...some);
  return found;
}
