// All endpoints.

import { useState } from "preact/hooks";
import { api } from "../logic/api";
import { ago, plural } from "../logic/format";
import { usePolling } from "../logic/hooks";
import { links } from "../logic/route";
import type { Endpoint } from "../logic/types";
import { Problem, Title } from "../parts/common";

const PAUSE_MS = 10_000;

export function EndpointsPage() {
  const [endpoints, setEndpoints] = useState<Endpoint[] | null>(null);
  const error = usePolling(
    async (signal) => (setEndpoints(await api.endpoints(signal)), true), PAUSE_MS, "endpoints",
  );
  return (
    <>
      <div class="head"><Title document="Endpoints">Endpoints</Title></div>
      <Problem error={error} what="The endpoints cannot be listed." />
      {endpoints && !endpoints.length && (
        <p class="empty">There are none yet: <code>batchpoint endpoint create --file endpoint.yml</code> makes one.</p>
      )}
      <ul class="cards">{endpoints?.map((endpoint) => <Item key={endpoint.name} endpoint={endpoint} />)}</ul>
    </>
  );
}

function Item({ endpoint }: { endpoint: Endpoint }) {
  const active = Object.keys(endpoint.traffic).find((name) => endpoint.traffic[name] === 100);
  return (
    <li class="card">
      <h2><a href={links.endpoint(endpoint.name)}>{endpoint.name}</a></h2>
      <p>{endpoint.description || <span class="muted">no description</span>}</p>
      <p class="muted">
        {plural(endpoint.deployments.length, "deployment")}
        {active && <>, <strong>{active}</strong> is active</>}
        {" · "}{endpoint.provisioning_state}
        {" · changed "}{ago(endpoint.updated_at)}
      </p>
    </li>
  );
}
