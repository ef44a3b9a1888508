// Who is signed in: gets tokens by redirect, renews them in time, and keeps them for as long as the
// browser's tab lives.

import { challenge, type Fetch, findIssuer, type Issuer, randomText, redeem, Refused, type Tokens } from "./oidc";
import type { StudioConfig } from "./types";

const TOKENS = "studio.tokens";
const FLOW = "studio.flow";
const SPARE_SECONDS = 120;
const JUST_NOW_SECONDS = 20;
export const PAGE = "/api/studio/";

/** What a page has around it. */
export interface Surroundings {
  fetch: Fetch;
  kept: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /** Seconds since 1970. */
  now: () => number;
  address: () => URL;
  /** Leaves the page for another address. */
  leave: (url: string) => void;
  /** Shows another address of this very page. */
  rename: (path: string) => void;
}

interface Flow {
  state: string;
  verifier: string;
  hash: string;
}

type Registered = Required<Pick<StudioConfig, "authority" | "clientId" | "scope">>;

export class Session {
  private config: Promise<StudioConfig> | null = null;
  private issuer: Promise<Issuer> | null = null;
  private renewal: Promise<string | null> | null = null;

  constructor(private readonly around: Surroundings) {}

  /** The user's name; null where there is nobody to sign out. */
  get name(): string | null {
    return this.tokens?.name ?? null;
  }

  /** The token to call the API with; null where it asks for none. May leave the page to sign in. */
  token(): Promise<string | null> {
    const kept = this.tokens;
    if (kept && kept.expiresAt - this.around.now() > SPARE_SECONDS) return Promise.resolve(kept.access);
    // A refresh token is good for one use: all who wait get what the first one gets.
    this.renewal ??= this.renew().finally(() => (this.renewal = null));
    return this.renewal;
  }

  /** The API refused the token: throws it away, and signs in again unless that was done just now. */
  async refused(access: string): Promise<void> {
    const kept = this.tokens;
    if (kept?.access !== access) return;
    this.around.kept.removeItem(TOKENS);
    if (this.around.now() - kept.receivedAt < JUST_NOW_SECONDS) return;
    await this.leaveToSignIn(await this.registered());
  }

  /** Finishes signing in where the issuer has just sent the browser back; to be called first. */
  async finish(): Promise<void> {
    const answer = this.around.address().searchParams;
    const flow = this.read<Flow>(FLOW);
    if (!answer.has("state") || !flow) return;
    this.around.kept.removeItem(FLOW);
    this.around.rename(PAGE + flow.hash);
    if (answer.get("state") !== flow.state) throw new Error("the sign-in was not started in this tab");
    const code = answer.get("code");
    if (!code) throw new Error(answer.get("error_description") ?? answer.get("error") ?? "no reason was given");
    const config = await this.registered();
    await this.keep(config, {
      grant_type: "authorization_code",
      code,
      code_verifier: flow.verifier,
      redirect_uri: this.ownAddress(),
    }, null);
  }

  /** Forgets the tokens, and leaves for the issuer, which may keep its own session otherwise. */
  async signOut(): Promise<void> {
    this.around.kept.removeItem(TOKENS);
    const { end_session_endpoint: end } = await this.findIssuer(await this.registered());
    if (!end) return;
    const query = new URLSearchParams({ post_logout_redirect_uri: this.ownAddress() });
    this.around.leave(`${end}?${query}`);
    await never();
  }

  private async renew(): Promise<string | null> {
    const found = await this.readConfig();
    if (!found.authority && !found.missing) return null;
    const config = await this.registered();
    const before = this.tokens;
    if (before?.refresh) {
      try {
        const grant = { grant_type: "refresh_token", refresh_token: before.refresh, scope: asked(config) };
        return (await this.keep(config, grant, before)).access;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
    return this.leaveToSignIn(config);
  }

  private async keep(config: Registered, grant: Record<string, string>, before: Tokens | null): Promise<Tokens> {
    const issuer = await this.findIssuer(config);
    const sent = { client_id: config.clientId, ...grant };
    const tokens = await redeem(this.around.fetch, issuer, sent, before, this.around.now());
    this.around.kept.setItem(TOKENS, JSON.stringify(tokens));
    return tokens;
  }

  private async leaveToSignIn(config: Registered): Promise<never> {
    const { authorization_endpoint } = await this.findIssuer(config);
    const flow: Flow = { state: randomText(), verifier: randomText(), hash: this.around.address().hash };
    this.around.kept.setItem(FLOW, JSON.stringify(flow));
    const query = new URLSearchParams({
      response_type: "code",
      response_mode: "query",
      client_id: config.clientId,
      redirect_uri: this.ownAddress(),
      scope: asked(config),
      state: flow.state,
      code_challenge: await challenge(flow.verifier),
      code_challenge_method: "S256",
    });
    this.around.leave(`${authorization_endpoint}?${query}`);
    return never();
  }

  private async registered(): Promise<Registered> {
    const { authority, clientId, scope, missing } = await this.readConfig();
    if (authority && clientId && scope) return { authority, clientId, scope };
    throw new Error(
      missing
        ? `this page does not know how to sign you in: ${missing} is to be set to the client id of its registration`
        : "the service asks for no sign-in",
    );
  }

  private readConfig(): Promise<StudioConfig> {
    this.config ??= this.around.fetch(`${PAGE}config`).then((answer) => {
      if (!answer.ok) throw new Error(`the service does not say how to sign in (${answer.status})`);
      return answer.json() as Promise<StudioConfig>;
    });
    this.config.catch(() => (this.config = null));
    return this.config;
  }

  private findIssuer({ authority }: Registered): Promise<Issuer> {
    this.issuer ??= findIssuer(this.around.fetch, authority);
    this.issuer.catch(() => (this.issuer = null));
    return this.issuer;
  }

  private ownAddress(): string {
    return this.around.address().origin + PAGE;
  }

  private get tokens(): Tokens | null {
    return this.read<Tokens>(TOKENS);
  }

  private read<T>(key: string): T | null {
    const text = this.around.kept.getItem(key);
    return text ? (JSON.parse(text) as T) : null;
  }
}

function asked({ scope }: Registered): string {
  return `${scope} openid profile offline_access`;
}

/** The browser is leaving: nothing that waits is to go on. */
function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
