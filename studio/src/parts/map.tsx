// Every mini-batch of a job as a cell, coloured by state and duration.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, duration, plural } from "../logic/format";
import { useWidth } from "../logic/hooks";
import {
  cellAt, Failed, isDone, layOut, type Layout, type MiniBatches, moved, Partly, Running, Scored, shadeLimits,
  shadeOf, STATE_WORDS, Waiting,
} from "../logic/minibatches";
import { colours, useThemeVersion } from "../logic/theme";

const SHADES = ["--shade-0", "--shade-1", "--shade-2", "--shade-3", "--shade-4"];
const COLOURS = [...SHADES, "--cell-waiting", "--cell-running", "--cell-partly", "--cell-failed", "--cell-mark", "--text"];
const SMALLEST_MARKED = 6;

interface Props {
  batches: MiniBatches;
  version: number;
  selected: number | null;
  onSelect: (number: number | null) => void;
}

export function MiniBatchMap({ batches, version, selected, onSelect }: Props) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useThemeVersion();
  const [hovered, setHovered] = useState<number | null>(null);
  const layout = useMemo(() => layOut(batches.total, width), [batches.total, width]);
  const limits = useMemo(() => shadeLimits(batches, SHADES.length), [version]);
  useEffect(() => {
    if (canvas.current && width) draw(canvas.current, width, layout, batches, limits, selected);
  }, [width, layout, version, theme, selected, limits]);

  const place = (event: MouseEvent) => cellAt(layout, batches.total, event.offsetX, event.offsetY);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = event.key === "Escape" ? null : moved(event.key, selected ?? -1, layout, batches.total);
    if (next === null && event.key !== "Escape") return;
    event.preventDefault();
    onSelect(next);
  };
  const told = hovered ?? selected;
  return (
    <div class="map">
      <Legend limits={limits} />
      <div ref={frame} class="frame">
        <canvas
          ref={canvas}
          tabIndex={0}
          role="application"
          aria-roledescription="map of mini-batches"
          aria-label={`${plural(batches.total, "mini-batch", "mini-batches")}; arrow keys go from one to the next`}
          aria-describedby="map-told"
          onMouseMove={(event) => setHovered(place(event))}
          onMouseLeave={() => setHovered(null)}
          onClick={(event) => onSelect(place(event))}
          onFocus={() => selected === null && batches.total > 0 && matchesKeyboard(canvas.current) && onSelect(0)}
          onKeyDown={onKeyDown}
        />
      </div>
      <p id="map-told" class="told" aria-live="polite">
        {told === null ? "Point at a cell, or focus the map and use the arrow keys." : describe(batches, told)}
      </p>
    </div>
  );
}

function matchesKeyboard(element: Element | null): boolean {
  return element?.matches(":focus-visible") ?? false;
}

/** One mini-batch in a sentence. */
export function describe(batches: MiniBatches, number: number): string {
  const state = batches.state[number] ?? Waiting;
  if (!isDone(state)) return `Mini-batch ${count(number)}: ${STATE_WORDS[state]}.`;
  const failed = batches.failed[number]!;
  const piece = batches.pieces[number]!;
  const size = piece ? `piece ${count(piece)} of a file` : plural(batches.files[number]!, "file");
  return (
    `Mini-batch ${count(number)}: ${STATE_WORDS[state]}, ${size}` +
    `${failed && !piece ? ` (${count(failed)} failed)` : ""}, ${plural(batches.rows[number]!, "row")}, ` +
    `${duration(batches.milliseconds[number]! / 1000)}, ${plural(batches.attempts[number]!, "attempt")}.`
  );
}

function Legend({ limits }: { limits: readonly number[] }) {
  const slowest = limits.at(-1);
  return (
    <ul class="legend" aria-label="What the colours mean">
      <li><i class="cell waiting" />waiting</li>
      <li><i class="cell running" />running</li>
      <li>
        {SHADES.slice(0, limits.length + 1).map((_, shade) => <i key={shade} class={`cell shade-${shade}`} />)}
        scored{slowest !== undefined && `, from ${duration(limits[0]! / 1000)} to over ${duration(slowest / 1000)}`}
      </li>
      <li><i class="cell partly" />some files failed</li>
      <li><i class="cell failed" />failed</li>
    </ul>
  );
}

function draw(
  canvas: HTMLCanvasElement, width: number, layout: Layout, batches: MiniBatches,
  limits: readonly number[], selected: number | null,
): void {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.max(1, Math.round(layout.height * scale));
  canvas.style.height = `${Math.max(1, layout.height)}px`;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(scale, scale);
  const palette = colours(COLOURS);
  for (const [colour, numbers] of byColour(batches, limits)) {
    context.fillStyle = palette.get(colour)!;
    for (const number of numbers) context.fillRect(...corner(layout, number), layout.cell, layout.cell);
  }
  if (layout.cell >= SMALLEST_MARKED) mark(context, layout, batches, palette.get("--cell-mark")!);
  if (selected !== null && selected < batches.total) {
    const [x, y] = corner(layout, selected);
    context.strokeStyle = palette.get("--text")!;
    context.lineWidth = 2;
    context.strokeRect(x - 1, y - 1, layout.cell + 2, layout.cell + 2);
  }
}

function corner(layout: Layout, number: number): [number, number] {
  const step = layout.cell + layout.gap;
  return [(number % layout.columns) * step, Math.floor(number / layout.columns) * step];
}

/** Numbers by colour: setting a colour costs more than filling a cell. */
function byColour(batches: MiniBatches, limits: readonly number[]): Map<string, number[]> {
  const groups = new Map<string, number[]>(COLOURS.map((name) => [name, []]));
  for (let number = 0; number < batches.total; number++) {
    groups.get(colourOf(batches, number, limits))!.push(number);
  }
  return groups;
}

function colourOf(batches: MiniBatches, number: number, limits: readonly number[]): string {
  switch (batches.state[number]) {
    case Failed: return "--cell-failed";
    case Partly: return "--cell-partly";
    case Running: return "--cell-running";
    case Scored: return SHADES[shadeOf(batches.milliseconds[number]!, limits)]!;
    default: return "--cell-waiting";
  }
}

/** Strikes failed cells through, notches retried ones, and hollows running ones: colours alone do not
 * reach everybody. */
function mark(context: CanvasRenderingContext2D, layout: Layout, batches: MiniBatches, colour: string): void {
  const { cell } = layout;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = Math.max(1, cell / 9);
  for (let number = 0; number < batches.total; number++) {
    const state = batches.state[number];
    const [x, y] = corner(layout, number);
    if (state === Failed || state === Partly) {
      context.beginPath();
      context.moveTo(x + cell * 0.25, y + cell * 0.75);
      context.lineTo(x + cell * 0.75, y + cell * 0.25);
      if (state === Failed) {
        context.moveTo(x + cell * 0.25, y + cell * 0.25);
        context.lineTo(x + cell * 0.75, y + cell * 0.75);
      }
      context.stroke();
    } else if (state === Running) {
      context.fillRect(x + cell * 0.3, y + cell * 0.3, cell * 0.4, cell * 0.4);
    } else if (state === Scored && batches.attempts[number]! > 1) {
      context.fillRect(x + cell * 0.62, y + cell * 0.12, cell * 0.26, cell * 0.26);
    }
  }
}
