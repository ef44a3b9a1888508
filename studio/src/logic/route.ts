// Which page is shown: the part of the address after '#', so that a link opens it anywhere.

export interface Route {
  page: "jobs" | "job" | "endpoints" | "endpoint" | "unknown";
  name: string;
  query: URLSearchParams;
}

export function readRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decoded);
  const query = new URLSearchParams(search);
  const [kind = "jobs", name = ""] = parts;
  if (parts.length > 2) return { page: "unknown", name: path, query };
  if (kind === "jobs") return { page: name ? "job" : "jobs", name, query };
  if (kind === "endpoints") return { page: name ? "endpoint" : "endpoints", name, query };
  return { page: "unknown", name: path, query };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Not from one of our links, so that it means what it says.
    return part;
  }
}

export const links = {
  jobs: (filter: Record<string, string> = {}) => {
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value));
    return `#/jobs${query.size ? `?${query}` : ""}`;
  },
  job: (name: string) => `#/jobs/${encodeURIComponent(name)}`,
  endpoints: () => "#/endpoints",
  endpoint: (name: string) => `#/endpoints/${encodeURIComponent(name)}`,
};
