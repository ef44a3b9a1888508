// Polling and sizes, for components.

import { useEffect, useRef, useState } from "preact/hooks";

type Look = (signal: AbortSignal) => Promise<boolean>;

const LONGEST_PAUSE_MS = 15_000;

/** Looks again and again until `look` answers that there is nothing more to come.
 *
 * A hidden tab does not look; one that comes back looks at once. Errors are told, and looking goes
 * on, with longer and longer pauses.
 *
 * @param key starts all over when it changes.
 */
export function usePolling(look: Look, pauseMs: number, key: string): unknown {
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => {
    const controller = new AbortController();
    setError(null);
    void poll((signal) => latest.current(signal), pauseMs, controller.signal, setError);
    return () => controller.abort();
  }, [key, pauseMs]);
  return error;
}

async function poll(
  look: Look, pauseMs: number, signal: AbortSignal, onError: (error: unknown) => void,
): Promise<void> {
  let pause = pauseMs;
  while (!signal.aborted) {
    const started = performance.now();
    try {
      const goesOn = await look(signal);
      if (signal.aborted) return;
      onError(null);
      // A service that takes long to answer is not to be kept busy by who watches.
      pause = Math.max(pauseMs, 2 * (performance.now() - started));
      if (!goesOn) return;
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
    await elapsed(pause, signal);
    await seen(signal);
  }
}

function elapsed(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}

function seen(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => {
    document.addEventListener("visibilitychange", () => done(), { once: true, signal });
    signal.addEventListener("abort", () => done(), { once: true });
  });
}

/** The width of an element in CSS pixels, as it changes. */
export function useWidth<T extends HTMLElement>() {
  const element = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width] as const;
}
