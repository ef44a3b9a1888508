// What user code prints, as it comes.

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../logic/api";
import { plural, time } from "../logic/format";
import { usePolling } from "../logic/hooks";
import type { LogEntry } from "../logic/types";
import { Problem } from "./common";

const KEPT = 500;
const PAUSE_MS = 2000;

interface Props {
  job: string;
  run: number;
  isOver: boolean;
  only: number | null;
  onAll: () => void;
}

export function Logs({ job, run, isOver, only, onAll }: Props) {
  const [entries, setEntries] = useState<LogEntry[]>([]);
  const [follows, setFollows] = useState(true);
  const known = useRef(new Map<string, LogEntry>());
  const since = useRef<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const error = usePolling(
    async (signal) => {
      const found = await api.logs(job, since.current, signal);
      const fresh = found.value.filter((entry) => !known.current.has(entry.name));
      for (const entry of fresh) known.current.set(entry.name, entry);
      since.current = found.value.at(-1)?.written_at ?? since.current;
      if (fresh.length) setEntries([...known.current.values()].slice(-KEPT));
      return fresh.length > 0 || !isOver;
    },
    PAUSE_MS,
    `${job} ${run} ${isOver}`,
  );
  const shown = only === null ? entries : [...known.current.values()].filter((entry) => entry.mini_batch === only);
  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown.length, follows]);
  return (
    <>
      <div class="filters">
        <label class="check">
          <input type="checkbox" checked={follows} onChange={(event) => setFollows(event.currentTarget.checked)} />
          Follow
        </label>
        <span>
          {only === null ? plural(known.current.size, "log") : `mini-batch ${only}: ${plural(shown.length, "log")}`}
          {only === null && known.current.size > KEPT && `, the last ${KEPT} shown`}
        </span>
        {only !== null && <button type="button" onClick={onAll}>Show all</button>}
      </div>
      <Problem error={error} what="The logs cannot be read." />
      <div ref={box} class="log" role="log" tabIndex={0} aria-label="Logs" aria-live="off">
        {shown.length === 0 && <p class="empty">Nothing was printed{isOver ? "" : " yet"}.</p>}
        {shown.map((entry) => (
          <article key={entry.name}>
            <h3>mini-batch {entry.mini_batch}, attempt {entry.attempt} <time>{time(entry.written_at)}</time></h3>
            <pre>{entry.text}</pre>
          </article>
        ))}
      </div>
    </>
  );
}
