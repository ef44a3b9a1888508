// Numbers, times and sizes as people read them.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

export function count(value: number): string {
  return whole.format(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function rate(value: number | null, unit: string): string {
  if (value === null) return "–";
  return `${value >= 1000 ? count(Math.round(value)) : short.format(value)} ${unit}/s`;
}

export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${short.format(Math.floor(seconds * 10) / 10)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return both(minutes, "min", Math.floor(seconds % 60), "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return both(hours, "h", minutes % 60, "min");
  return both(Math.floor(hours / 24), "d", hours % 24, "h");
}

function both(large: number, unit: string, small: number, smaller: string): string {
  return `${large} ${unit}${small ? ` ${small} ${smaller}` : ""}`;
}

export function bytes(size: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${short.format(size)} ${units[unit]}`;
}

export function time(text: string | null): string {
  return text ? moment.format(new Date(text)) : "–";
}

export function ago(text: string | null, now = Date.now()): string {
  if (!text) return "–";
  const seconds = Math.max(0, (now - Date.parse(text)) / 1000);
  return seconds < 5 ? "just now" : `${duration(Math.floor(seconds)).split(" ").slice(0, 2).join(" ")} ago`;
}

export function percent(part: number, total: number): number {
  // A job with one file left of a million is not at 100%.
  return total ? Math.min(Math.floor((part / total) * 100), part < total ? 99 : 100) : 0;
}

/** A place without the long start that all places of a datastore have. */
export function place(uri: string): string {
  return uri.replace(/^azureml:\/\/datastores\//, "").replace(/\/paths\//, "/");
}
