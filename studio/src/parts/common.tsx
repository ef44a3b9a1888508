// Small things that all pages use.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ApiError } from "../logic/api";
import { count } from "../logic/format";
import type { JobStatus } from "../logic/types";

const KIND: Record<JobStatus, string> = {
  NotStarted: "waiting",
  Queued: "waiting",
  Preparing: "active",
  Running: "active",
  Finalizing: "active",
  CancelRequested: "canceled",
  Completed: "done",
  Failed: "failed",
  Canceled: "canceled",
};

const WORDS: Partial<Record<JobStatus, string>> = {
  NotStarted: "Not started",
  CancelRequested: "Stopping",
};

export function Status({ status }: { status: JobStatus }) {
  return (
    <span class={`status ${KIND[status]}`}>
      <Mark kind={KIND[status]} />
      {WORDS[status] ?? status}
    </span>
  );
}

/** A state as a shape, so that nobody depends on its colour. */
export function Mark({ kind }: { kind: string }) {
  return (
    <svg class={`mark ${kind}`} viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.5" />
      {kind === "done" && <path d="M5 8.2l2.1 2.2L11 6.2" />}
      {kind === "failed" && <path d="M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6" />}
      {kind === "canceled" && <path d="M5 8h6" />}
      {kind === "active" && <circle class="core" cx="8" cy="8" r="2.6" />}
    </svg>
  );
}

export function Problem({ error, what }: { error: unknown; what: string }) {
  if (!error) return null;
  const details = error instanceof ApiError ? error.details : [];
  return (
    <div class="note failed" role="alert">
      <strong>{what}</strong> {error instanceof Error ? error.message : String(error)}
      {details.length > 1 && (
        <ul>{details.map((detail) => <li key={detail.message}>{detail.target}: {detail.message}</li>)}</ul>
      )}
    </div>
  );
}

/** The heading of a page; it takes the focus, so that a screen reader tells where one has come. */
export function Title({ children, document: title }: { children: ComponentChildren; document: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    window.document.title = `${title} · batchpoint studio`;
  }, [title]);
  return <h1 ref={heading} tabIndex={-1}>{children}</h1>;
}

export function Section(props: { title: string; id: string; aside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="card" aria-labelledby={props.id}>
      <header>
        <h2 id={props.id}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

/** The setting `max_file_split_size` in words. */
export function splitting(megabytes: number): string {
  return megabytes ? `${count(megabytes)} MB` : "never";
}

export function Facts({ facts }: { facts: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}
