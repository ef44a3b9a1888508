// The first errors of a job, each with its traceback.

import { plural } from "../logic/format";
import type { FirstError } from "../logic/types";

export function FirstErrors({ errors, onSelect }: { errors: FirstError[]; onSelect: (number: number) => void }) {
  return (
    <ul class="errors">
      {errors.map((error) => (
        <li key={`${error.mini_batch} ${error.file} ${error.message}`}>
          <details>
            <summary>
              <span class="file">{error.file ?? "a file that is not known"}</span>
              {error.files > 1 && <span> and {plural(error.files - 1, "more file")}</span>}
              <span class="message">{headline(error.message)}</span>
            </summary>
            <p>
              {plural(error.attempts, "attempt")} at{" "}
              <button type="button" class="link" onClick={() => onSelect(error.mini_batch)}>
                mini-batch {error.mini_batch}
              </button>
            </p>
            <pre tabIndex={0} aria-label={`Error of ${error.file ?? "a file"}`}>{error.message}</pre>
          </details>
        </li>
      ))}
    </ul>
  );
}

function headline(message: string): string {
  return message.split("\n", 1)[0]!;
}
