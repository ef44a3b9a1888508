import { expect, test } from "vitest";
import { getBlob } from "../src/logic/blobs";
import { ago, bytes, count, duration, percent, place, plural, rate } from "../src/logic/format";
import { choicesOf, invocation } from "../src/logic/invocation";
import { links, readRoute } from "../src/logic/route";
import { stages } from "../src/logic/stages";
import { partialName, readRecord } from "../src/logic/merging";
import { csv } from "../src/logic/outputFormats";
import type { Job, JobStatus, Settings } from "../src/logic/types";
import { commonFolder } from "../src/logic/uploads";

const SETTINGS: Settings = {
  compute: { target: null, instance_count: 1 },
  max_concurrency_per_instance: 2,
  mini_batch_size: 10,
  max_file_split_size: 64,
  output_action: "append_row",
  retry_settings: { max_retries: 3, timeout: 30 },
  error_threshold: -1,
  logging_level: "INFO",
};

function job(status: JobStatus, done: number, more: Partial<Job> = {}): Job {
  return {
    name: "j",
    endpoint: "e",
    deployment: "d",
    status,
    error: null,
    created_by: null,
    model: { name: "m", version: "1", path: "azureml://m" },
    interactionEndpoints: { Studio: { endpoint: "https://app.test/api/studio/#/jobs/j" } },
    input: { uri: "azureml://datastores/workspaceblobstore/paths/in" },
    incremental: null,
    output: { datastore: "workspaceblobstore", path: "out", file_name: "p.csv", uri: "azureml://out" },
    settings: SETTINGS,
    timing: { created_at: "2026-01-01T00:00:00+00:00", started_at: null, ended_at: null },
    counts: {
      files: { total: 40, scored: done * 10, failed: 0 },
      mini_batches: { total: 4, done, failed: 0, retried: 0 },
      rows: 0,
      planning_complete: true,
    },
    rate: { files_per_second: null, rows_per_second: null },
    estimated_seconds_left: null,
    first_errors: [],
    kept_until: { records: null, logs: null, job: null },
    ...more,
  };
}

test.each<[JobStatus, number, string[]]>([
  ["NotStarted", 0, ["waiting", "waiting", "waiting"]],
  ["Queued", 0, ["waiting", "waiting", "waiting"]],
  ["Preparing", 0, ["active", "waiting", "waiting"]],
  ["Running", 2, ["done", "active", "waiting"]],
  ["CancelRequested", 2, ["done", "active", "waiting"]],
  ["Finalizing", 4, ["done", "done", "active"]],
  ["Completed", 4, ["done", "done", "done"]],
  ["Canceled", 2, ["done", "canceled", "waiting"]],
  ["Failed", 2, ["done", "failed", "waiting"]],
  ["Failed", 4, ["done", "done", "failed"]],
])("the steps of a job that is %s after %i mini-batches", (status, done, states) => {
  expect(stages(job(status, done)).map((stage) => stage.state)).toEqual(states);
});

test("a job that could not begin failed while it was prepared", () => {
  const counts = { ...job("Failed", 0).counts, mini_batches: { total: 0, done: 0, failed: 0, retried: 0 } };
  expect(stages(job("Failed", 0, { counts }))[0]!.state).toBe("failed");
});

test("too many failed files are a failure of scoring, even if all was scored", () => {
  const error = { code: "ErrorThresholdExceeded", message: "" };
  expect(stages(job("Failed", 4, { error })).map((stage) => stage.state)).toEqual(["done", "failed", "waiting"]);
});

test("a step tells what it has done", () => {
  const counts = { ...job("Running", 2).counts, mini_batches: { total: 4, done: 2, failed: 1, retried: 2 } };
  const [prepare, score] = stages(job("Running", 2, { counts }));
  expect(prepare!.detail).toBe("40 files in 4 mini-batches");
  expect(score!.detail).toBe("2 of 4 done, 1 failed, 2 retried");
});

test("an invocation names only what differs from the deployment", () => {
  const usual = choicesOf(SETTINGS, "d", "p.csv");
  expect(invocation("azureml://in", usual, usual)).toEqual({
    properties: { dataset: { dataInputType: "DataUrl", path: "azureml://in" } },
  });
  const chosen = { ...usual, mini_batch_size: "5", max_file_split_size: "0.5", max_retries: "0", error_threshold: "0", logging_level: "DEBUG" };
  expect(invocation("azureml://in", chosen, usual)).toEqual({
    properties: {
      dataset: { dataInputType: "DataUrl", path: "azureml://in" },
      miniBatchSize: 5,
      maxFileSplitSize: 0.5,
      retrySettings: { maxRetries: 0 },
      errorThreshold: 0,
      loggingLevel: "DEBUG",
    },
  });
});

test("links lead back to where they came from", () => {
  expect(readRoute(links.job("a b/c"))).toMatchObject({ page: "job", name: "a b/c" });
  expect(readRoute(links.endpoint("taxi"))).toMatchObject({ page: "endpoint", name: "taxi" });
  expect(readRoute("")).toMatchObject({ page: "jobs" });
  expect(readRoute(links.jobs({ status: "Failed", search: "" })).query.get("status")).toBe("Failed");
  expect(links.jobs({ status: "" })).toBe("#/jobs");
  expect(readRoute("#/what").page).toBe("unknown");
  expect(readRoute("#/jobs/100%")).toMatchObject({ page: "job", name: "100%" });
  expect(readRoute("#/jobs/a/b").page).toBe("unknown");
});

test("a folder that all files share is the input", () => {
  expect(commonFolder(["in/a.csv", "in/b/c.csv"])).toBe("in/");
  expect(commonFolder(["in/a.csv", "b.csv"])).toBe("");
  expect(commonFolder(["a.csv"])).toBe("");
});

test("numbers are written as people read them", () => {
  expect(percent(999_999, 1_000_000)).toBe(99);
  expect(percent(5, 5)).toBe(100);
  expect(percent(0, 0)).toBe(0);
  expect(count(1234567)).toBe("1,234,567");
  expect(plural(1, "file")).toBe("1 file");
  expect(plural(2, "mini-batch", "mini-batches")).toBe("2 mini-batches");
  expect(rate(1234.5, "rows")).toBe("1,235 rows/s");
  expect(rate(null, "rows")).toBe("–");
  expect([0.0123, 5.25, 75, 120, 3700, 200_000].map((value) => duration(value))).toEqual([
    "12 ms", "5.2 s", "1 min 15 s", "2 min", "1 h 1 min", "2 d 7 h",
  ]);
  expect(bytes(12_345_678)).toBe("12.3 MB");
  expect(place("azureml://datastores/workspaceblobstore/paths/a/b")).toBe("workspaceblobstore/a/b");
});

test("times that have passed", () => {
  const now = Date.parse("2026-01-01T01:00:00Z");
  expect(ago("2026-01-01T00:59:58Z", now)).toBe("just now");
  expect(ago("2026-01-01T00:59:10Z", now)).toBe("50 s ago");
  expect(ago("2026-01-01T00:00:00Z", now)).toBe("1 h ago");
  expect(ago(null, now)).toBe("–");
});

test("a record is counts, details and rows, whatever the rows are", () => {
  const bytes = new TextEncoder().encode('{"rows": 2}   \n{"columns": ["ä", "b"]}\n1,"x\ny"\n2,z\n');
  const record = readRecord(bytes);
  expect(record.columns).toEqual(["ä", "b"]);
  expect(new TextDecoder().decode(record.rows)).toBe('1,"x\ny"\n2,z\n');
  const empty = readRecord(new TextEncoder().encode('{}\n{"columns": null}\n'));
  expect([empty.columns, empty.rows.length]).toEqual([null, 0]);
  expect(() => readRecord(new TextEncoder().encode("<Error>"))).toThrow("cannot be read");
});

test("a header is quoted as the app's own are", () => {
  expect(csv.header(["file", "a,b", 'say "x"', "two\nlines", ""])).toBe('file,"a,b","say ""x""","two\nlines",\n');
});

test("what is partial says so", () => {
  expect(partialName("predictions.csv")).toBe("predictions.partial.csv");
  expect(partialName("out")).toBe("out.partial");
});

test("a small record is held by its URL", async () => {
  const bytes = new Uint8Array([0, 10, 255, 44]);
  const url = `data:application/octet-stream;base64,${btoa(String.fromCharCode(...bytes))}`;
  expect(await getBlob(url, new AbortController().signal)).toEqual(bytes);
});
