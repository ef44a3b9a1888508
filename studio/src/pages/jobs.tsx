// All jobs, newest first, to filter and to search.

import { useEffect, useState } from "preact/hooks";
import { api, type JobFilter } from "../logic/api";
import { ago, duration, place, time } from "../logic/format";
import { usePolling } from "../logic/hooks";
import { links } from "../logic/route";
import { type JobSummary, STATUSES } from "../logic/types";
import { Problem, Status, Title } from "../parts/common";

const PAGE = 50;
const PAUSE_MS = 5000;
const TYPING_MS = 300;

export function JobsPage({ query }: { query: URLSearchParams }) {
  const filter: JobFilter = {
    status: query.get("status") ?? "",
    endpoint: query.get("endpoint") ?? "",
    search: query.get("search") ?? "",
  };
  return (
    <>
      <div class="head"><Title document="Jobs">Jobs</Title></div>
      <Filters filter={filter} />
      <JobList key={JSON.stringify(filter)} filter={filter} />
    </>
  );
}

function Filters({ filter }: { filter: JobFilter }) {
  const [endpoints, setEndpoints] = useState<string[]>([]);
  const [text, setText] = useState(filter.search);
  useEffect(() => {
    api.endpoints().then((found) => setEndpoints(found.map(({ name }) => name)), () => undefined);
  }, []);
  const go = (change: Partial<JobFilter>) => {
    const { status, endpoint, search } = { ...filter, search: text.trim(), ...change };
    // Replacing keeps the way back to the page before short.
    location.replace(links.jobs({ status, endpoint, search }));
  };
  useEffect(() => {
    if (text.trim() === filter.search) return;
    const timer = setTimeout(() => go({}), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const known = [...new Set([...endpoints, filter.endpoint])].filter(Boolean);
  return (
    <form class="filters" role="search" onSubmit={(event) => (event.preventDefault(), go({}))}>
      <label>
        Search
        <input
          type="search" value={text} placeholder="name, endpoint, input"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <label>
        Status
        <select value={filter.status} onChange={(event) => go({ status: event.currentTarget.value })}>
          <option value="">any</option>
          {STATUSES.map((status) => <option key={status}>{status}</option>)}
        </select>
      </label>
      <label>
        Endpoint
        <select value={filter.endpoint} onChange={(event) => go({ endpoint: event.currentTarget.value })}>
          <option value="">any</option>
          {known.map((name) => <option key={name}>{name}</option>)}
        </select>
      </label>
    </form>
  );
}

/** A list of jobs that renews its first page and grows by further ones. */
export function JobList({ filter }: { filter: JobFilter }) {
  const [first, setFirst] = useState<JobSummary[] | null>(null);
  const [rest, setRest] = useState<JobSummary[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const error = usePolling(
    async (signal) => {
      const page = await api.jobs(filter, PAGE, signal);
      setFirst(page.value);
      if (!rest.length) setNext(page.nextLink);
      return true;
    },
    PAUSE_MS,
    JSON.stringify(filter),
  );
  const more = async () => {
    try {
      const page = await api.more<JobSummary>(next!);
      setRest([...rest, ...page.value]);
      setNext(page.nextLink);
    } catch (failure) {
      setProblem(failure);
    }
  };
  const jobs = unique([...(first ?? []), ...rest]);
  return (
    <>
      <Problem error={error ?? problem} what="The jobs cannot be listed." />
      {first && <JobTable jobs={jobs} />}
      {first && !jobs.length && !next && <p class="empty">There are no such jobs.</p>}
      <div class="more">
        <span role="status">{first ? `${jobs.length}${next ? " or more" : ""} jobs` : "Loading …"}</span>
        {next && <button type="button" onClick={() => void more()}>Show more</button>}
      </div>
    </>
  );
}

function unique(jobs: JobSummary[]): JobSummary[] {
  return [...new Map(jobs.map((job) => [job.name, job])).values()];
}

function JobTable({ jobs }: { jobs: JobSummary[] }) {
  return (
    <div class="scroll card" tabIndex={0} role="region" aria-label="Jobs">
      <table class="jobs">
        <thead>
          <tr>
            <th scope="col">Job</th><th scope="col">Status</th><th scope="col">Endpoint</th>
            <th scope="col">Input</th><th scope="col">Created</th><th scope="col" class="number">Took</th>
          </tr>
        </thead>
        <tbody>{jobs.map((job) => <JobRow key={job.name} job={job} />)}</tbody>
      </table>
    </div>
  );
}

function JobRow({ job }: { job: JobSummary }) {
  const { created_at, started_at, ended_at } = job.timing;
  const took = started_at && ended_at ? (Date.parse(ended_at) - Date.parse(started_at)) / 1000 : null;
  return (
    <tr>
      <th scope="row"><a href={links.job(job.name)}>{job.name}</a></th>
      <td><Status status={job.status} /></td>
      <td><a href={links.endpoint(job.endpoint)}>{job.endpoint}</a> <span class="muted">{job.deployment}</span></td>
      <td class="input">{place(job.input.uri)}</td>
      <td><time dateTime={created_at} title={time(created_at)}>{ago(created_at)}</time></td>
      <td class="number">{duration(took)}</td>
    </tr>
  );
}
