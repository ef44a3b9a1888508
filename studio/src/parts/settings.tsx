// The settings that one job may have of its own.

import type { Choices } from "../logic/invocation";
import type { Deployment } from "../logic/types";

interface Props {
  choices: Choices;
  deployments: readonly Pick<Deployment, "name">[];
  onChange: (choices: Choices) => void;
}

const NUMBERS: [keyof Choices, string, number, string][] = [
  ["mini_batch_size", "Files per mini-batch", 1, "1"],
  ["max_file_split_size", "Split files above (MB; 0: none)", 0, "any"],
  ["instance_count", "Instances", 1, "1"],
  ["max_retries", "Further attempts", 0, "1"],
  ["timeout", "Seconds per attempt", 1, "any"],
  ["error_threshold", "Failed files allowed (-1: any number)", -1, "1"],
];
const LEVELS = ["WARNING", "INFO", "DEBUG"];

export function SettingsFields({ choices, deployments, onChange }: Props) {
  const set = (key: keyof Choices) => (event: Event) =>
    onChange({ ...choices, [key]: (event.currentTarget as HTMLInputElement | HTMLSelectElement).value });
  return (
    <div class="fields">
      <label>
        Deployment
        <select value={choices.deployment} onChange={set("deployment")}>
          {deployments.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      {NUMBERS.map(([key, label, least, step]) => (
        <label key={key}>
          {label}
          <input type="number" required min={least} step={step} value={choices[key]} onInput={set(key)} />
        </label>
      ))}
      <label>
        Logging
        <select value={choices.logging_level} onChange={set("logging_level")}>
          {LEVELS.map((level) => <option key={level}>{level}</option>)}
        </select>
      </label>
      <label>
        Output file
        <input type="text" required value={choices.output_file_name} onInput={set("output_file_name")} />
      </label>
    </div>
  );
}
