// One endpoint: its deployments, a place to drop files, and its jobs.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { api } from "../logic/api";
import { ago, place } from "../logic/format";
import { usePolling } from "../logic/hooks";
import type { Deployment, Endpoint } from "../logic/types";
import { Facts, Problem, Section, splitting, Title } from "../parts/common";
import { DropZone } from "../parts/drop";
import { JobList } from "./jobs";

const PAUSE_MS = 10_000;

export function EndpointPage({ name }: { name: string }) {
  const [endpoint, setEndpoint] = useState<Endpoint | null>(null);
  const error = usePolling(
    async (signal) => (setEndpoint(await api.endpoint(name, signal)), true), PAUSE_MS, name,
  );
  return (
    <>
      <div class="head">
        <Title document={name}>{name}</Title>
        {endpoint && <span class="muted">{endpoint.provisioning_state}</span>}
      </div>
      <Problem error={error} what="The endpoint cannot be shown." />
      {endpoint && (
        <>
          {endpoint.description && <p class="lead">{endpoint.description}</p>}
          <Section title="Score files" id="score"><DropZone endpoint={endpoint} /></Section>
          <Section title="Deployments" id="deployments">
            {endpoint.deployments.map((deployment) => (
              <OneDeployment
                key={deployment.name}
                deployment={deployment}
                isActive={endpoint.traffic[deployment.name] === 100}
              />
            ))}
          </Section>
          <h2 class="apart">Jobs</h2>
          <JobList filter={{ endpoint: name, status: "", search: "" }} />
        </>
      )}
    </>
  );
}

function OneDeployment({ deployment, isActive }: { deployment: Deployment; isActive: boolean }) {
  return (
    <details class="deployment" open={isActive || deployment.provisioning_error !== null}>
      <summary>
        <strong>{deployment.name}</strong>
        {isActive && <span class="tag">active</span>}
        <span class="muted">{deployment.provisioning_state}</span>
        {deployment.description && <span class="muted">{deployment.description}</span>}
      </summary>
      {deployment.provisioning_error && (
        <div class="note failed"><strong>It cannot score.</strong><pre tabIndex={0}>{deployment.provisioning_error}</pre></div>
      )}
      {deployment.warnings.map((warning) => <p key={warning} class="note warning">{warning}</p>)}
      <Facts facts={facts(deployment)} />
    </details>
  );
}

function environment({ environment: made }: Deployment): string {
  if (!made) return "the app's own";
  return made.name ? `${made.name}:${made.version ?? ""}` : made.conda_file ? "from its conda file" : (made.image ?? "–");
}

function facts(deployment: Deployment): [string, ComponentChildren][] {
  const code = deployment.code_configuration;
  return [
    ["Model", <code>{deployment.model.name}:{deployment.model.version}</code>],
    ["Scoring", code ? <code>{code.scoring_script}</code> : "MLflow, without code"],
    ["Files per mini-batch", deployment.mini_batch_size],
    ["Files are split above", splitting(deployment.max_file_split_size)],
    ["At once", `${deployment.max_concurrency_per_instance} × ${deployment.compute.instance_count} on ${deployment.compute.target ?? "no named compute"}`],
    ["Attempts", `1 + ${deployment.retry_settings.max_retries}, up to ${deployment.retry_settings.timeout} s each`],
    ["Failed files allowed", deployment.error_threshold < 0 ? "any number" : deployment.error_threshold],
    ["Output", deployment.output_action === "append_row" ? deployment.output_file_name : "what the script writes"],
    ["Logging", deployment.logging_level],
    ["Environment", environment(deployment)],
    ["Environment variables", Object.keys(deployment.environment_variables).join(", ") || "none"],
    ["Model's files", <code>{place(deployment.model.path)}</code>],
    ["Created", ago(deployment.created_at)],
  ];
}
