// What is known of each mini-batch of a job, in flat arrays: there may be 100,000.

import type { MiniBatchPage } from "./types";

export const Waiting = 0;
export const Running = 1;
export const Scored = 2;
export const Partly = 3;
export const Failed = 4;

export const STATE_WORDS = ["waiting", "running", "scored", "partly failed", "failed"] as const;

/** Whether a mini-batch in that state has been recorded, so that its numbers are known. */
export function isDone(state: number | undefined): boolean {
  return state !== undefined && state >= Scored;
}

export class MiniBatches {
  total = 0;
  run = 0;
  state = new Uint8Array(0);
  files = new Uint32Array(0);
  failed = new Uint32Array(0);
  rows = new Uint32Array(0);
  attempts = new Uint16Array(0);
  milliseconds = new Uint32Array(0);
  /** Which piece of a file it is, from 1; 0 for whole files. */
  pieces = new Uint32Array(0);
  /** Milliseconds since the job was created; NaN where nobody noted it. */
  ended = new Float64Array(0);

  /** Whether any mini-batch is known to be done. */
  get isKnown(): boolean {
    return this.state.some(isDone);
  }

  /** Takes one page: what it is about is as the page says, and the rest stays. */
  apply(page: MiniBatchPage): void {
    if (page.run !== this.run) this.state.fill(Waiting);
    this.run = page.run;
    this.total = Math.max(page.total, page.last);
    this.grow(this.total);
    this.state.fill(Waiting, page.first, page.last);
    for (const [start, length] of page.running) this.state.fill(Running, start, start + length);
    let at = 0;
    for (const [start, length] of page.spans) {
      for (let number = start; number < start + length; number++, at++) this.set(number, page, at);
    }
  }

  private set(number: number, page: MiniBatchPage, at: number): void {
    const files = page.files[at] ?? 0;
    const failed = page.failed[at] ?? 0;
    this.state[number] = failed === 0 ? Scored : failed < files ? Partly : Failed;
    this.files[number] = files;
    this.failed[number] = failed;
    this.rows[number] = page.rows[at] ?? 0;
    this.attempts[number] = page.attempts[at] ?? 1;
    this.milliseconds[number] = page.milliseconds[at] ?? 0;
    this.pieces[number] = page.pieces[at] ?? 0;
    this.ended[number] = page.ended[at] ?? NaN;
  }

  private grow(size: number): void {
    if (size <= this.state.length) return;
    const room = Math.max(size, this.state.length * 2);
    this.state = copied(new Uint8Array(room), this.state);
    this.files = copied(new Uint32Array(room), this.files);
    this.failed = copied(new Uint32Array(room), this.failed);
    this.rows = copied(new Uint32Array(room), this.rows);
    this.attempts = copied(new Uint16Array(room), this.attempts);
    this.milliseconds = copied(new Uint32Array(room), this.milliseconds);
    this.pieces = copied(new Uint32Array(room), this.pieces);
    this.ended = copied(new Float64Array(room), this.ended);
  }
}

function copied<T extends { set(from: ArrayLike<number>): void }>(to: T, from: ArrayLike<number>): T {
  to.set(from);
  return to;
}

type Load = (since: string | null) => Promise<MiniBatchPage>;

/** Reads all that came since the last sweep; answers where the next one is to start. */
export async function sweep(
  into: MiniBatches, since: string | null, load: Load, onPage: () => void = () => undefined,
): Promise<string | null> {
  let settled: string | null = null;
  let at = since;
  for (;;) {
    const page = await load(at);
    into.apply(page);
    onPage();
    // Only as long as all pages so far are settled to their ends may the next sweep leave them out.
    if (settled === null && page.since !== page.next) settled = page.since;
    if (page.next === null) return settled ?? page.since;
    at = page.next;
  }
}

/** Limits, in milliseconds, between shades: each shade has about as many scored mini-batches. */
export function shadeLimits(batches: MiniBatches, shades: number): number[] {
  const times: number[] = [];
  for (let number = 0; number < batches.total; number++) {
    if (batches.state[number] === Scored) times.push(batches.milliseconds[number]!);
  }
  const sorted = Float64Array.from(times).sort();
  const limits: number[] = [];
  for (let shade = 1; shade < shades && sorted.length; shade++) {
    limits.push(sorted[Math.floor((sorted.length * shade) / shades)]!);
  }
  return [...new Set(limits)];
}

export function shadeOf(milliseconds: number, limits: readonly number[]): number {
  let shade = 0;
  while (shade < limits.length && milliseconds >= limits[shade]!) shade += 1;
  return shade;
}

export interface Layout {
  cell: number;
  gap: number;
  columns: number;
  rows: number;
  height: number;
}

/** The largest cells with which the map is not much higher than a screen; sizes in CSS pixels. */
export function layOut(total: number, width: number): Layout {
  for (const [cell, gap] of [[26, 4], [18, 3], [13, 2], [9, 2], [6, 1], [4, 1]] as const) {
    const made = arranged(total, width, cell, gap);
    if (made.height <= 360) return made;
  }
  return arranged(total, width, 3, 0);
}

function arranged(total: number, width: number, cell: number, gap: number): Layout {
  const columns = Math.max(1, Math.floor((width + gap) / (cell + gap)));
  const rows = Math.ceil(total / columns);
  return { cell, gap, columns, rows, height: Math.max(0, rows * (cell + gap) - gap) };
}

/** Which mini-batch is at a place of the map; null where there is none. */
export function cellAt(layout: Layout, total: number, x: number, y: number): number | null {
  const step = layout.cell + layout.gap;
  const column = Math.floor(x / step);
  const number = Math.floor(y / step) * layout.columns + column;
  return column >= 0 && column < layout.columns && number >= 0 && number < total ? number : null;
}

const MOVES: Record<string, (layout: Layout, total: number) => number> = {
  ArrowRight: () => 1,
  ArrowLeft: () => -1,
  ArrowDown: (layout) => layout.columns,
  ArrowUp: (layout) => -layout.columns,
  PageDown: (layout) => layout.columns * 10,
  PageUp: (layout) => -layout.columns * 10,
  Home: (_, total) => -total,
  End: (_, total) => total,
};

/** Where a key leads from a mini-batch; null if the key is none of the map's. */
export function moved(key: string, from: number, layout: Layout, total: number): number | null {
  const move = MOVES[key];
  if (!move || !total) return null;
  return Math.min(total - 1, Math.max(0, from + move(layout, total)));
}

export type TableFilter = "all" | "failed" | "retried" | "running" | "waiting" | "slowest";

/** The mini-batches that the table shows, in its order. */
export function chosen(batches: MiniBatches, filter: TableFilter): number[] {
  const numbers = Array.from({ length: batches.total }, (_, number) => number);
  if (filter === "slowest") {
    return numbers
      .filter((number) => isDone(batches.state[number]))
      .sort((one, other) => batches.milliseconds[other]! - batches.milliseconds[one]!);
  }
  return numbers.filter((number) => {
    const state = batches.state[number];
    if (filter === "failed") return state === Failed || state === Partly;
    if (filter === "retried") return isDone(state) && batches.attempts[number]! > 1;
    if (filter === "running") return state === Running;
    return filter === "all" || state === Waiting;
  });
}
