// Rows and files per second over time, from the times at which mini-batches were recorded.

import { isDone, type MiniBatches } from "./minibatches";

export interface Throughput {
  /** Middle of each span of time, in seconds since the first mini-batch ended. */
  seconds: number[];
  rows: number[];
  files: number[];
  /** Length of a span in seconds. */
  width: number;
}

const WIDTHS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 86400];
const SPANS = 90;

export function throughput(batches: MiniBatches): Throughput {
  let from = Infinity;
  let to = -Infinity;
  for (let number = 0; number < batches.total; number++) {
    const at = batches.ended[number]!;
    if (!isDone(batches.state[number]) || Number.isNaN(at)) continue;
    from = Math.min(from, at);
    to = Math.max(to, at);
  }
  if (to < from) return { seconds: [], rows: [], files: [], width: 1 };
  const length = (to - from) / 1000;
  const width = WIDTHS.find((candidate) => length / candidate <= SPANS) ?? 7 * 86400;
  const spans = Math.floor(length / width) + 1;
  const rows = new Array<number>(spans).fill(0);
  const files = new Array<number>(spans).fill(0);
  for (let number = 0; number < batches.total; number++) {
    const at = batches.ended[number]!;
    if (!isDone(batches.state[number]) || Number.isNaN(at)) continue;
    const span = Math.floor((at - from) / 1000 / width);
    rows[span]! += batches.rows[number]! / width;
    files[span]! += batches.files[number]! / width;
  }
  return { seconds: rows.map((_, span) => (span + 0.5) * width), rows, files, width };
}
