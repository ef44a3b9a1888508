// The mini-batches as a table: what the map shows, for those who read rather than look.

import { useMemo, useState } from "preact/hooks";
import { count, duration } from "../logic/format";
import { chosen, isDone, type MiniBatches, STATE_WORDS, type TableFilter, Waiting } from "../logic/minibatches";

const SHOWN = 50;
const FILTERS: Record<TableFilter, string> = {
  all: "all",
  failed: "with failed files",
  retried: "tried more than once",
  running: "running",
  waiting: "waiting",
  slowest: "slowest first",
};

interface Props {
  batches: MiniBatches;
  version: number;
  onSelect: (number: number) => void;
}

export function MiniBatchTable({ batches, version, onSelect }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <details class="table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Mini-batches as a table</summary>
      {open && <Rows batches={batches} version={version} onSelect={onSelect} />}
    </details>
  );
}

function Rows({ batches, version, onSelect }: Props) {
  const [filter, setFilter] = useState<TableFilter>("all");
  const [page, setPage] = useState(0);
  const numbers = useMemo(() => chosen(batches, filter), [filter, version]);
  const pages = Math.max(1, Math.ceil(numbers.length / SHOWN));
  const shown = Math.min(page, pages - 1);
  const first = shown * SHOWN;
  return (
    <>
      <div class="filters">
        <label>
          Show
          <select
            value={filter}
            onChange={(event) => (setFilter(event.currentTarget.value as TableFilter), setPage(0))}
          >
            {Object.entries(FILTERS).map(([key, word]) => <option key={key} value={key}>{word}</option>)}
          </select>
        </label>
        <span>{count(numbers.length)} of {count(batches.total)}</span>
        <button type="button" disabled={shown === 0} onClick={() => setPage(shown - 1)}>Previous</button>
        <span>page {count(shown + 1)} of {count(pages)}</span>
        <button type="button" disabled={shown + 1 >= pages} onClick={() => setPage(shown + 1)}>Next</button>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of mini-batches">
        <table>
          <thead>
            <tr>
              <th scope="col">Mini-batch</th><th scope="col">State</th><th scope="col" class="number">Files</th>
              <th scope="col" class="number">Failed</th><th scope="col" class="number">Rows</th>
              <th scope="col" class="number">Time</th><th scope="col" class="number">Attempts</th>
            </tr>
          </thead>
          <tbody>
            {numbers.slice(first, first + SHOWN).map((number) => (
              <Row key={number} batches={batches} number={number} onSelect={onSelect} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ batches, number, onSelect }: { batches: MiniBatches; number: number; onSelect: (number: number) => void }) {
  const state = batches.state[number] ?? Waiting;
  const known = isDone(state);
  return (
    <tr>
      <th scope="row">
        <button type="button" class="link" onClick={() => onSelect(number)}>{count(number)}</button>
      </th>
      <td>{STATE_WORDS[state]}</td>
      <td class="number">{known ? count(batches.files[number]!) : "–"}</td>
      <td class="number">{known ? count(batches.failed[number]!) : "–"}</td>
      <td class="number">{known ? count(batches.rows[number]!) : "–"}</td>
      <td class="number">{known ? duration(batches.milliseconds[number]! / 1000) : "–"}</td>
      <td class="number">{known ? count(batches.attempts[number]!) : "–"}</td>
    </tr>
  );
}
