// The files that a job wrote, with the first rows of one.

import { useEffect, useState } from "preact/hooks";
import { api } from "../logic/api";
import { bytes, plural } from "../logic/format";
import type { OutputFile, Preview } from "../logic/types";
import { Problem } from "./common";

const ROWS = 10;
const KINDS: Record<OutputFile["kind"], string> = {
  output: "output",
  manifest: "manifest: what accounts for each file and row",
  failed_files: "failed files with their errors",
  skipped_files: "files that an earlier job has scored",
};

export function Outputs({ job }: { job: string }) {
  const [files, setFiles] = useState<OutputFile[] | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const controller = new AbortController();
    api.outputs(job, controller.signal).then(
      (page) => (setFiles(page.value), setShown(page.value[0]?.name ?? null)),
      (problem) => controller.signal.aborted || setError(problem),
    );
    return () => controller.abort();
  }, [job]);
  if (error) return <Problem error={error} what="The outputs cannot be listed." />;
  if (!files) return <p class="empty">Loading …</p>;
  return (
    <>
      <ul class="files">
        {files.map((file) => (
          <li key={file.name}>
            <span class="name">{file.name}</span>
            <span class="muted">{KINDS[file.kind]}, {bytes(file.size)}</span>
            <button type="button" aria-pressed={shown === file.name} onClick={() => setShown(file.name)}>
              Preview
            </button>
            <a class="button" href={file.url} download={file.name} aria-label={`Download ${file.name}`}>Download</a>
          </li>
        ))}
      </ul>
      {shown && <FirstRows key={shown} title={shown} load={(signal) => api.preview(job, shown, ROWS, signal)} />}
    </>
  );
}

/** A table of the first rows of a file; to be made anew for another one. */
export function FirstRows({ title, load }: { title: string; load: (signal: AbortSignal) => Promise<Preview> }) {
  const [preview, setPreview] = useState<Preview | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const controller = new AbortController();
    load(controller.signal).then(
      setPreview, (problem) => controller.signal.aborted || setError(problem),
    );
    return () => controller.abort();
  }, []);
  if (error) return <Problem error={error} what={`${title} cannot be shown.`} />;
  if (!preview) return <p class="empty">Loading …</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`First rows of ${title}`}>
      <table class="data">
        <caption>{preview.is_complete ? `All of ${title}` : `The first ${plural(preview.rows.length, "row")} of ${title}`}</caption>
        {preview.columns && (
          <thead><tr>{preview.columns.map((column, index) => <th key={index} scope="col">{column}</th>)}</tr></thead>
        )}
        <tbody>
          {preview.rows.map((row, number) => (
            <tr key={number}>{row.map((cell, index) => <td key={index}>{cell}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
