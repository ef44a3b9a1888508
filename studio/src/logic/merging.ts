// Files that are put together in the browser: all logs of a job, and what it has scored so far.

import { api } from "./api";
import { getBlob, inTurns } from "./blobs";
import { csv } from "./outputFormats";
import type { JobEvent, LogEntry, ScoredMiniBatch } from "./types";

const AT_ONCE = 6;
const RECORDS_A_PAGE = 200;

type Told = (done: number) => void;

/** All that happened and all that was printed, as `batchpoint job logs` writes it. */
export async function allLogs(job: string, onChange: Told, signal: AbortSignal): Promise<Blob> {
  const parts: string[] = [];
  for await (const events of api.events(job, signal)) parts.push(...events.map(eventLine));
  let done = 0;
  for await (const entries of api.allLogs(job, signal)) {
    parts.push(...entries.map(logPart));
    onChange((done += entries.length));
  }
  return new Blob(parts, { type: "text/plain" });
}

function eventLine({ at, text }: JobEvent): string {
  const lines = text.split("\n").map((line) => line.trim());
  return `${at} ${lines.filter(Boolean).join(" | ")}\n`;
}

function logPart(entry: LogEntry): string {
  const heading = `--- mini-batch ${entry.mini_batch}, attempt ${entry.attempt}, written at ${entry.written_at}`;
  return `\n${heading}\n${entry.text}${entry.text.endsWith("\n") ? "" : "\n"}`;
}

export interface MiniBatchRecord {
  columns: string[] | null;
  rows: Uint8Array<ArrayBuffer>;
}

/** Reads a record: a line of counts, a line of details, then rows. */
export function readRecord(bytes: Uint8Array<ArrayBuffer>): MiniBatchRecord {
  const counts = bytes.indexOf(10);
  const details = bytes.indexOf(10, counts + 1);
  if (counts < 0 || details < 0) throw new Error("a record of this job cannot be read");
  const { columns } = JSON.parse(new TextDecoder().decode(bytes.subarray(counts + 1, details)));
  return { columns, rows: bytes.subarray(details + 1) };
}

export interface Scored {
  file: Blob;
  /** Mini-batches whose rows go under another header than the first ones'. */
  leftOut: number;
}

/** The rows of all mini-batches that are scored, in the order of the input, under their header. */
export async function scoredSoFar(job: string, onChange: Told, signal: AbortSignal): Promise<Scored> {
  const parts: Blob[] = [];
  let header: string | null = null;
  let done = 0;
  let leftOut = 0;
  for await (const page of api.records(job, RECORDS_A_PAGE, signal)) {
    const rows: BlobPart[] = [];
    for (const record of await fetched(page, signal, () => onChange(++done))) {
      if (!record.rows.length) continue;
      const own = csv.header(record.columns);
      if (header === null) rows.push((header = own));
      if (own === header) rows.push(record.rows);
      else leftOut += 1;
    }
    // Browsers keep large blobs on disk, and arrays in memory.
    parts.push(new Blob(rows));
  }
  return { file: new Blob(parts, { type: csv.contentType }), leftOut };
}

async function fetched(
  page: readonly ScoredMiniBatch[], signal: AbortSignal, onEach: () => void,
): Promise<MiniBatchRecord[]> {
  const records = new Array<MiniBatchRecord>(page.length);
  await inTurns(page.length, AT_ONCE, async (index) => {
    records[index] = readRecord(await getBlob(page[index]!.url, signal));
    onEach();
  });
  return records;
}

/** The name of an output, with `partial` in it. */
export function partialName(fileName: string): string {
  const dot = fileName.lastIndexOf(".");
  return dot > 0 ? `${fileName.slice(0, dot)}.partial${fileName.slice(dot)}` : `${fileName}.partial`;
}

/** Has the browser save a file. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser takes the file from there by itself, but not at once.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
