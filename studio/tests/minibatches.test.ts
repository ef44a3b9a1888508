import { expect, test } from "vitest";
import {
  cellAt, chosen, Failed, layOut, MiniBatches, moved, Partly, Running, Scored, shadeLimits,
  shadeOf, sweep, Waiting,
} from "../src/logic/minibatches";
import { throughput } from "../src/logic/throughput";
import type { MiniBatchPage } from "../src/logic/types";

interface Known {
  files?: number;
  failed?: number;
  attempts?: number;
  milliseconds?: number;
  ended?: number | null;
}

function page(first: number, known: Known[], more: Partial<MiniBatchPage> = {}): MiniBatchPage {
  return {
    run: 1,
    total: 10,
    first,
    last: first + known.length,
    spans: known.length ? [[first, known.length]] : [],
    running: [],
    files: known.map((item) => item.files ?? 2),
    failed: known.map((item) => item.failed ?? 0),
    rows: known.map((item) => 10 * ((item.files ?? 2) - (item.failed ?? 0))),
    attempts: known.map((item) => item.attempts ?? 1),
    milliseconds: known.map((item) => item.milliseconds ?? 100),
    pieces: [],
    ended: known.map((item) => (item.ended === undefined ? 0 : item.ended)),
    next: null,
    since: "1-0",
    ...more,
  };
}

test("states come from how many files failed", () => {
  const batches = new MiniBatches();
  batches.apply(page(0, [{}, { failed: 1 }, { failed: 2 }]));
  expect([...batches.state.slice(0, 4)]).toEqual([Scored, Partly, Failed, Waiting]);
  expect(batches.total).toBe(10);
});

test("a page says all about its own part and nothing about others", () => {
  const batches = new MiniBatches();
  batches.apply(page(0, [{}, {}, {}]));
  batches.apply(page(1, [], { last: 3, spans: [[2, 1]], files: [2], failed: [2] }));
  expect([...batches.state.slice(0, 3)]).toEqual([Scored, Waiting, Failed]);
});

test("what runs is told from what waits, until it is done", () => {
  const batches = new MiniBatches();
  batches.apply(page(0, [{}], { last: 4, running: [[1, 2]] }));
  expect([...batches.state.slice(0, 4)]).toEqual([Scored, Running, Running, Waiting]);
  expect(chosen(batches, "running")).toEqual([1, 2]);
  expect(chosen(batches, "waiting")).toEqual([3, 4, 5, 6, 7, 8, 9]);
  batches.apply(page(0, [{}, {}], { last: 4, running: [[2, 1]] }));
  expect([...batches.state.slice(0, 4)]).toEqual([Scored, Scored, Running, Waiting]);
});

test("what a new run throws away is not shown any more", () => {
  const batches = new MiniBatches();
  batches.apply(page(0, [{}, { failed: 2 }]));
  batches.apply(page(0, [{}], { run: 2, last: 1 }));
  expect([...batches.state.slice(0, 2)]).toEqual([Scored, Waiting]);
});

test("numbers are kept while the job grows", () => {
  const batches = new MiniBatches();
  batches.apply(page(0, [{ milliseconds: 7 }]));
  batches.apply(page(1, [{ milliseconds: 9 }], { total: 5000 }));
  expect([...batches.milliseconds.slice(0, 2)]).toEqual([7, 9]);
  expect(batches.total).toBe(5000);
});

test("a sweep reads all pages and goes on where the first unsettled one ended", async () => {
  const pages: Record<string, MiniBatchPage> = {
    start: page(0, [{}, {}], { next: "1-2", since: "1-2" }),
    "1-2": page(2, [{}], { last: 4, next: "1-4", since: "1-3" }),
    "1-4": page(4, [{}], { next: null, since: "1-5" }),
  };
  const asked: (string | null)[] = [];
  const batches = new MiniBatches();
  const since = await sweep(batches, null, async (at) => {
    asked.push(at);
    return pages[at ?? "start"]!;
  });
  expect(asked).toEqual([null, "1-2", "1-4"]);
  expect(since).toBe("1-3");
  expect([...batches.state.slice(0, 5)]).toEqual([Scored, Scored, Scored, Waiting, Scored]);
});

test("each shade has about as many mini-batches", () => {
  const batches = new MiniBatches();
  batches.apply(page(0, [10, 20, 30, 40, 50, 60].map((milliseconds) => ({ milliseconds }))));
  const limits = shadeLimits(batches, 3);
  expect(limits).toEqual([30, 50]);
  expect([10, 30, 60].map((time) => shadeOf(time, limits))).toEqual([0, 1, 2]);
});

test("mini-batches that took alike long have one shade", () => {
  const batches = new MiniBatches();
  batches.apply(page(0, [{}, {}, {}]));
  expect(shadeLimits(batches, 5)).toEqual([100]);
});

test.each([[6, 1000], [90, 1000], [100_000, 1100], [100_000, 320]])(
  "%i cells find room in %i pixels", (total, width) => {
    const layout = layOut(total, width);
    expect(layout.columns * (layout.cell + layout.gap) - layout.gap).toBeLessThanOrEqual(width);
    expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(total);
    expect(layout.cell).toBeGreaterThanOrEqual(3);
  },
);

test("a point of the map is a mini-batch, and keys lead from one to the next", () => {
  const layout = layOut(90, 300);
  const step = layout.cell + layout.gap;
  expect(cellAt(layout, 90, step * 1.5, step * 1.5)).toBe(layout.columns + 1);
  expect(cellAt(layout, 90, 299, 10_000)).toBeNull();
  expect(moved("ArrowRight", 5, layout, 90)).toBe(6);
  expect(moved("ArrowUp", 3, layout, 90)).toBe(0);
  expect(moved("End", 3, layout, 90)).toBe(89);
  expect(moved("x", 3, layout, 90)).toBeNull();
  expect(moved("Home", 0, layout, 0)).toBeNull();
});

test("the table finds what went wrong and what was slow", () => {
  const batches = new MiniBatches();
  batches.apply(page(0, [{ milliseconds: 5 }, { failed: 1 }, { attempts: 3, milliseconds: 900 }]));
  expect(chosen(batches, "failed")).toEqual([1]);
  expect(chosen(batches, "retried")).toEqual([2]);
  expect(chosen(batches, "slowest")).toEqual([2, 1, 0]);
  expect(chosen(batches, "waiting")).toHaveLength(7);
  expect(chosen(batches, "all")).toHaveLength(10);
});

test("throughput counts rows and files in spans of time", () => {
  const batches = new MiniBatches();
  batches.apply(page(0, [1000, 1050, 10_000, null].map((ended) => ({ ended }))));
  const found = throughput(batches);
  expect(found.width).toBe(0.1);
  expect(found.rows[0]).toBeCloseTo(400);
  expect(found.files.at(-1)).toBeCloseTo(20);
  expect(found.rows.reduce((sum, rate) => sum + rate * found.width, 0)).toBeCloseTo(60);
});

test("there is no throughput before anything was scored", () => {
  expect(throughput(new MiniBatches()).rows).toEqual([]);
});
