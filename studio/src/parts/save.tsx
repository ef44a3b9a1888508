// A button that puts a file together from many pieces, and tells how far it is.

import { useEffect, useRef, useState } from "preact/hooks";
import { save } from "../logic/merging";
import { Problem } from "./common";

interface Props {
  label: string;
  name: string;
  /** Says what is done so far, for a number that `make` tells. */
  progress: (done: number) => string;
  make: (onChange: (done: number) => void, signal: AbortSignal) => Promise<{ file: Blob; note?: string }>;
}

export function SaveButton({ label, name, progress, make }: Props) {
  const [done, setDone] = useState<number | null>(null);
  const [note, setNote] = useState("");
  const [error, setError] = useState<unknown>(null);
  const controller = useRef<AbortController | null>(null);
  useEffect(() => () => controller.current?.abort(), []);
  const start = async () => {
    const { signal } = (controller.current = new AbortController());
    setError(null);
    setNote("");
    setDone(0);
    try {
      const made = await make(setDone, signal);
      save(made.file, name);
      setNote(made.note ?? "");
    } catch (problem) {
      if (!signal.aborted) setError(problem);
    }
    setDone(null);
  };
  return (
    <>
      {done === null
        ? <button type="button" onClick={() => void start()}>{label}</button>
        : <button type="button" onClick={() => controller.current?.abort()}>Stop</button>}
      <span class="muted" role="status">{done === null ? note : progress(done)}</span>
      <Problem error={error} what={`${name} was not saved.`} />
    </>
  );
}
