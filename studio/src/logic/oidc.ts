// What OpenID Connect asks of a page: its issuer's metadata, PKCE (RFC 7636), and answers of the
// token endpoint. No tokens are kept here.

export interface Issuer {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  end_session_endpoint?: string;
}

export interface Tokens {
  access: string;
  /** In seconds since 1970. */
  expiresAt: number;
  receivedAt: number;
  /** Gets new tokens without the user, once; null where the issuer gives none. */
  refresh: string | null;
  /** The user's, to be shown. */
  name: string | null;
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** The issuer took a request and refused it, for a reason that does not pass by itself. */
export class Refused extends Error {}

export async function findIssuer(fetch: Fetch, authority: string): Promise<Issuer> {
  const url = `${authority.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const answer = await fetch(url).catch(() => {
    throw new Error(`the issuer at ${authority} cannot be reached from this page`);
  });
  if (!answer.ok) throw new Error(`the issuer at ${authority} does not tell about itself (${answer.status})`);
  return (await answer.json()) as Issuer;
}

/** Sends a grant to the token endpoint. */
export async function redeem(
  fetch: Fetch, issuer: Issuer, grant: Record<string, string>, before: Tokens | null, now: number,
): Promise<Tokens> {
  const answer = await fetch(issuer.token_endpoint, { method: "POST", body: new URLSearchParams(grant) });
  const document: Record<string, unknown> = await answer.json().catch(() => ({}));
  const access = document["access_token"];
  if (!answer.ok || typeof access !== "string") {
    const why = document["error_description"] ?? document["error"] ?? `the issuer answered ${answer.status}`;
    throw answer.status >= 500 ? new Error(String(why)) : new Refused(String(why));
  }
  return {
    access,
    receivedAt: now,
    expiresAt: now + Number(document["expires_in"] ?? 3600),
    refresh: text(document["refresh_token"]) ?? before?.refresh ?? null,
    name: nameIn(text(document["id_token"])) ?? before?.name ?? null,
  };
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The user's name; it comes from the issuer itself over TLS, so that nobody's signature is needed. */
export function nameIn(idToken: string | null): string | null {
  const payload = idToken?.split(".")[1];
  if (!payload) return null;
  try {
    const bytes = atob(payload.replace(/-/g, "+").replace(/_/g, "/"));
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0))));
    return text(claims.name) ?? text(claims.preferred_username);
  } catch {
    return null;
  }
}

export async function challenge(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64url(new Uint8Array(digest));
}

export function randomText(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}
