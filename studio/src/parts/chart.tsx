// Throughput over time.

import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { duration, rate } from "../logic/format";
import { useWidth } from "../logic/hooks";
import type { MiniBatches } from "../logic/minibatches";
import { colours, useThemeVersion } from "../logic/theme";
import { type Throughput, throughput } from "../logic/throughput";

const HEIGHT = 180;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400, 604800];

export function ThroughputChart({ batches, version }: { batches: MiniBatches; version: number }) {
  const data = useMemo(() => throughput(batches), [version]);
  return data.rows.length ? <Chart data={data} /> : <p class="empty">{summary(data)}</p>;
}

function Chart({ data }: { data: Throughput }) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const chart = useRef<uPlot | null>(null);
  const theme = useThemeVersion();
  useEffect(() => {
    if (!frame.current || !width) return;
    chart.current = new uPlot(options(width), columns(data), frame.current);
    return () => chart.current?.destroy();
  }, [width, theme]);
  useEffect(() => chart.current?.setData(columns(data)), [data]);
  const told = summary(data);
  return (
    <figure class="chart">
      <div ref={frame} role="img" aria-label={`Throughput over time. ${told}`} />
      <figcaption>{told}</figcaption>
    </figure>
  );
}

function columns(data: Throughput): uPlot.AlignedData {
  return [data.seconds, data.rows, data.files];
}

function summary(data: Throughput): string {
  if (!data.rows.length) return "Nothing has been scored yet.";
  const best = Math.max(...data.rows);
  const at = data.seconds[data.rows.indexOf(best)]!;
  return (
    `Most rows: ${rate(best, "rows")} after ${duration(at)}; ` +
    `most files: ${rate(Math.max(...data.files), "files")}. Each point stands for ${duration(data.width)}.`
  );
}

function options(width: number): uPlot.Options {
  const found = colours(["--accent", "--accent-2", "--muted", "--line"]);
  const colour = (name: string) => found.get(name)!;
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const per = (unit: string) => (_: uPlot, value: number | null) => rate(value, unit);
  return {
    width,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    cursor: { y: false },
    scales: { x: { time: false }, rows: { range: fromZero }, files: { range: fromZero } },
    series: [
      { label: "after", value: (_, value) => duration(value) },
      { label: "rows", scale: "rows", stroke: colour("--accent"), width: 2, value: per("rows") },
      { label: "files", scale: "files", stroke: colour("--accent-2"), width: 2, dash: [6, 4], value: per("files") },
    ],
    axes: [
      { ...axis, space: 100, incrs: [...STEPS], values: (_, values) => values.map((value) => duration(value)) },
      { ...axis, scale: "rows", size: 64, values: (_, values) => values.map((value) => short(value)) },
      { ...axis, scale: "files", side: 1, size: 52, grid: { show: false }, values: (_, values) => values.map(short) },
    ],
  };
}

function fromZero(_: uPlot, _least: number, most: number): [number, number] {
  return [0, most > 0 ? most * 1.1 : 1];
}

const compact = new Intl.NumberFormat("en", { notation: "compact" });

function short(value: number): string {
  return compact.format(value);
}
