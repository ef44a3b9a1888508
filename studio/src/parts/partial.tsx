// What a job that is not completed has scored so far.

import { useEffect, useState } from "preact/hooks";
import { api } from "../logic/api";
import { count, plural } from "../logic/format";
import { partialName, scoredSoFar } from "../logic/merging";
import type { Job } from "../logic/types";
import { Problem } from "./common";
import { FirstRows } from "./outputs";
import { SaveButton } from "./save";

const ROWS = 10;
const LISTED = 50;

export function ScoredSoFar({ job }: { job: Job }) {
  const { done, total } = job.counts.mini_batches;
  const writesFiles = job.settings.output_action === "summary_only";
  return (
    <>
      <p class="some">
        {count(done)} of {plural(total, "mini-batch", "mini-batches")} are done. The output itself appears when all are.
      </p>
      {writesFiles ? <WrittenFiles job={job.name} /> : <Rows job={job} />}
    </>
  );
}

function Rows({ job }: { job: Job }) {
  const name = partialName(job.output.file_name);
  if (!job.counts.rows) return null;
  return (
    <>
      <div class="actions some">
        <SaveButton
          label={`Download ${name}`}
          name={name}
          progress={(done) => `${plural(done, "mini-batch", "mini-batches")} …`}
          make={async (onChange, signal) => {
            const { file, leftOut } = await scoredSoFar(job.name, onChange, signal);
            return { file, note: leftOut ? `without ${plural(leftOut, "mini-batch", "mini-batches")} of other columns` : "" };
          }}
        />
      </div>
      <FirstRows title={name} load={(signal) => api.partialPreview(job.name, ROWS, signal)} />
    </>
  );
}

function WrittenFiles({ job }: { job: string }) {
  const [files, setFiles] = useState<{ name: string; url: string }[]>([]);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const controller = new AbortController();
    api.records(job, LISTED, controller.signal).next().then(
      (page) => setFiles(page.done ? [] : page.value.flatMap((item) => item.files).slice(0, LISTED)),
      (problem) => controller.signal.aborted || setError(problem),
    );
    return () => controller.abort();
  }, [job]);
  if (error) return <Problem error={error} what="What is scored so far cannot be listed." />;
  return (
    <ul class="files">
      {files.map(({ name, url }) => (
        <li key={url}><span class="name">{name}</span> <a class="button" href={url} aria-label={`Download ${name}`}>Download</a></li>
      ))}
    </ul>
  );
}
