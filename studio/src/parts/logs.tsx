// What user code prints, as it comes.

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../logic/api";
import { count, plural, time } from "../logic/format";
import { usePolling } from "../logic/hooks";
import { allLogs } from "../logic/merging";
import type { JobEvent, LogEntry } from "../logic/types";
import { Problem } from "./common";
import { SaveButton } from "./save";

const KEPT = 500;
const PAUSE_MS = 2000;

interface Props {
  job: string;
  run: number;
  isOver: boolean;
  only: number | null;
  onAll: () => void;
}

export function Logs(props: Props) {
  const { job, isOver, only, onAll } = props;
  const [follows, setFollows] = useState(true);
  return (
    <>
      <div class="filters">
        <label class="check">
          <input type="checkbox" checked={follows} onChange={(event) => setFollows(event.currentTarget.checked)} />
          Follow
        </label>
        <span>{only === null ? "the latest of all mini-batches" : `mini-batch ${count(only)} alone`}</span>
        {only !== null && <button type="button" onClick={onAll}>Show all</button>}
        <SaveButton
          label="Download all"
          name={`${job}.log`}
          progress={(done) => `${plural(done, "log")} …`}
          make={async (onChange, signal) => ({ file: await allLogs(job, onChange, signal) })}
        />
      </div>
      <Latest key={only ?? "all"} {...props} follows={follows} />
      <History job={job} isOver={isOver} />
    </>
  );
}

function Latest({ job, run, isOver, only, follows }: Props & { follows: boolean }) {
  const [entries, setEntries] = useState<LogEntry[] | null>(null);
  const known = useRef(new Map<string, LogEntry>());
  const since = useRef<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const error = usePolling(
    async (signal) => {
      const found = only === null ? await api.logs(job, since.current, signal) : await api.logsOf(job, only, signal);
      const fresh = found.value.filter((entry) => !known.current.has(entry.name));
      for (const entry of fresh) known.current.set(entry.name, entry);
      known.current = new Map([...known.current].slice(-KEPT));
      since.current = found.value.at(-1)?.written_at ?? since.current;
      if (fresh.length || !entries) setEntries([...known.current.values()]);
      return fresh.length > 0 || !isOver;
    },
    PAUSE_MS,
    `${job} ${run} ${isOver}`,
  );
  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [entries, follows]);
  return (
    <>
      <Problem error={error} what="The logs cannot be read." />
      <div ref={box} class="log" role="log" tabIndex={0} aria-label="Logs" aria-live="off">
        {entries?.length === 0 && <p class="empty">Nothing was printed{isOver ? "" : " yet"}.</p>}
        {entries?.map((entry) => (
          <article key={entry.name}>
            <h3>mini-batch {count(entry.mini_batch)}, attempt {entry.attempt} <time>{time(entry.written_at)}</time></h3>
            <pre>{entry.text}</pre>
          </article>
        ))}
      </div>
    </>
  );
}

/** What happened to the job: statuses, attempts that failed. */
function History({ job, isOver }: { job: string; isOver: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>What happened to the job</summary>
      {open && <Events job={job} isOver={isOver} />}
    </details>
  );
}

function Events({ job, isOver }: { job: string; isOver: boolean }) {
  const [events, setEvents] = useState<JobEvent[]>([]);
  const error = usePolling(
    async (signal) => {
      const first = await api.events(job, signal).next();
      setEvents(first.done ? [] : first.value);
      return !isOver;
    },
    PAUSE_MS,
    `${job} ${isOver}`,
  );
  return (
    <>
      <Problem error={error} what="What happened cannot be read." />
      <div class="scroll" tabIndex={0} role="region" aria-label="What happened">
        <table>
          <thead><tr><th scope="col">When</th><th scope="col">What</th></tr></thead>
          <tbody>
            {events.map((event, index) => (
              <tr key={index}><td class="when"><time>{time(event.at)}</time></td><td>{event.text}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
