// Reads and writes blobs by signed URLs: bytes go to and from Blob Storage, not through the app.

const ATTEMPTS = 3;
const PAUSE_MS = 500;

export async function putBlob(
  url: string, headers: Record<string, string>, file: File, signal: AbortSignal,
): Promise<void> {
  await repeated(url, { method: "PUT", headers, body: file, signal });
}

export async function getBlob(url: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (url.startsWith("data:")) return heldBy(url);
  const answer = await repeated(url, { method: "GET", signal });
  return new Uint8Array(await answer.arrayBuffer());
}

/** The bytes that a `data:` URL holds itself, in base64. */
function heldBy(url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (character) => character.charCodeAt(0));
}

async function repeated(url: string, request: RequestInit & { method: string; signal: AbortSignal }): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetch(url, request);
      if (answer.ok) return answer;
      throw new Error(`Blob Storage answered ${answer.status} for ${nameIn(url)}`);
    } catch (error) {
      if (request.signal.aborted || attempt === ATTEMPTS) throw blamed(error, url, request.method);
      await new Promise((done) => setTimeout(done, PAUSE_MS * 2 ** attempt));
    }
  }
}

function nameIn(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
}

function blamed(error: unknown, url: string, method: string): unknown {
  // All that a browser tells of a refused origin is that the request failed.
  if (!(error instanceof TypeError)) return error;
  return new Error(
    `Blob Storage at ${new URL(url).origin} cannot be reached from this page; ` +
      `its CORS rules must allow ${method} from here (see docs/studio.md)`,
  );
}

/** Does things by number, some at once, and stops at the first that fails. */
export async function inTurns(total: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < total) await work(next++);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, total) }, worker));
  } finally {
    next = total;
  }
}
