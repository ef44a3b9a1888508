// Sign-in at an issuer by OpenID Connect, with a code and PKCE (RFC 7636). No tokens are kept here.

import * as oauth from "oauth4webapi";

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

/** A sign-in that has begun: what the answer is held against. */
export interface Flow {
  state: string;
  verifier: string;
}

/** The issuer took a request and refused it, for a reason that does not pass by itself. */
export class Refused extends Error {}

/** Clocks of browsers may be wrong by this much. */
const TOLERANCE_SECONDS = 300;

/** An issuer as one of its registered pages sees it. */
export class Issuer {
  private readonly client: oauth.Client;

  private constructor(
    private readonly server: oauth.AuthorizationServer, clientId: string, private readonly options: Options,
  ) {
    this.client = { client_id: clientId, [oauth.clockTolerance]: TOLERANCE_SECONDS };
  }

  static async find(fetch: Fetch, authority: string, clientId: string): Promise<Issuer> {
    const options = optionsOf(fetch, authority);
    const answer = await oauth.discoveryRequest(new URL(authority), options).catch(() => {
      throw new Error(`the issuer at ${authority} cannot be reached from this page`);
    });
    if (!answer.ok) throw new Error(`the issuer at ${authority} does not tell about itself (${answer.status})`);
    // Some tenants have an authority that differs from the name of their issuer.
    const { issuer } = await answer.clone().json();
    return new Issuer(await oauth.processDiscoveryResponse(new URL(issuer), answer), clientId, options);
  }

  /** Where the user signs in. */
  async signInUrl(flow: Flow, redirect: string, scope: string): Promise<string> {
    const query = new URLSearchParams({
      response_type: "code",
      response_mode: "query",
      client_id: this.client.client_id,
      redirect_uri: redirect,
      scope,
      state: flow.state,
      code_challenge: await oauth.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: "S256",
    });
    return `${this.server.authorization_endpoint}?${query}`;
  }

  /** Where the user signs out; null where the issuer has no such place. */
  signOutUrl(redirect: string): string | null {
    const end = this.server.end_session_endpoint;
    return end ? `${end}?${new URLSearchParams({ post_logout_redirect_uri: redirect })}` : null;
  }

  /** Redeems the code that the issuer has sent the browser back with. */
  async redeem(answer: URLSearchParams, flow: Flow, redirect: string, now: number): Promise<Tokens> {
    const checked = this.checked(answer, flow);
    const response = await oauth.authorizationCodeGrantRequest(
      this.server, this.client, oauth.None(), checked, redirect, flow.verifier, this.options,
    );
    return tokens(response, null, now, () =>
      oauth.processAuthorizationCodeResponse(this.server, this.client, response),
    );
  }

  /** Redeems a refresh token. */
  async refresh(before: Tokens, refresh: string, scope: string, now: number): Promise<Tokens> {
    const options = { ...this.options, additionalParameters: { scope } };
    const response = await oauth.refreshTokenGrantRequest(this.server, this.client, oauth.None(), refresh, options);
    return tokens(response, before, now, () => oauth.processRefreshTokenResponse(this.server, this.client, response));
  }

  private checked(answer: URLSearchParams, flow: Flow): URLSearchParams {
    try {
      return oauth.validateAuthResponse(this.server, this.client, answer, flow.state);
    } catch (error) {
      if (error instanceof oauth.AuthorizationResponseError) throw new Error(error.error_description ?? error.error);
      throw new Error("the sign-in was not started in this tab", { cause: error });
    }
  }
}

export function newFlow(): Flow {
  return { state: oauth.generateRandomState(), verifier: oauth.generateRandomCodeVerifier() };
}

type Options = ReturnType<typeof optionsOf>;

function optionsOf(fetch: Fetch, authority: string) {
  return {
    [oauth.customFetch]: (url: string, init: object) => fetch(url, init),
    // The issuer of the local stack has no certificate.
    [oauth.allowInsecureRequests]: new URL(authority).protocol === "http:",
  };
}

async function tokens(
  response: Response, before: Tokens | null, now: number, process: () => Promise<oauth.TokenEndpointResponse>,
): Promise<Tokens> {
  if (response.status >= 500) throw new Error(await reason(response));
  const answer = await process().catch((error: Error) => {
    const isQuoted = error instanceof oauth.ResponseBodyError;
    throw new Refused(isQuoted ? (error.error_description ?? error.error) : error.message, { cause: error });
  });
  const claims = oauth.getValidatedIdTokenClaims(answer);
  return {
    access: answer.access_token,
    receivedAt: now,
    expiresAt: now + (answer.expires_in ?? 3600),
    refresh: answer.refresh_token ?? before?.refresh ?? null,
    name: text(claims?.["name"]) ?? text(claims?.["preferred_username"]) ?? before?.name ?? null,
  };
}

async function reason(response: Response): Promise<string> {
  const document = await response.json().catch(() => ({}));
  return String(document.error_description ?? document.error ?? `the issuer answered ${response.status}`);
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
