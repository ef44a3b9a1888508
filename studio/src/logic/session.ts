// Who is signed in: gets tokens by redirect, renews them in time, and keeps them for as long as the
// browser's tab lives.

import { type Fetch, type Flow, Issuer, newFlow, Refused, type Tokens } from "./oidc";
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

/** A sign-in that has begun, and the part of the page that it began on. */
interface Departure extends Flow {
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
    const flow = this.read<Departure>(FLOW);
    if (!answer.has("state") || !flow) return;
    this.around.kept.removeItem(FLOW);
    this.around.rename(PAGE + flow.hash);
    const issuer = await this.findIssuer(await this.registered());
    this.keep(await issuer.redeem(answer, flow, this.ownAddress(), this.around.now()));
  }

  /** Forgets the tokens, and leaves for the issuer, which may keep its own session otherwise. */
  async signOut(): Promise<void> {
    this.around.kept.removeItem(TOKENS);
    const issuer = await this.findIssuer(await this.registered());
    const url = issuer.signOutUrl(this.ownAddress());
    if (!url) return;
    this.around.leave(url);
    await never();
  }

  private async renew(): Promise<string | null> {
    const found = await this.readConfig();
    if (!found.authority && !found.missing) return null;
    const config = await this.registered();
    const before = this.tokens;
    if (before?.refresh) {
      try {
        const issuer = await this.findIssuer(config);
        const tokens = await issuer.refresh(before, before.refresh, asked(config), this.around.now());
        this.keep(tokens);
        return tokens.access;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
    return this.leaveToSignIn(config);
  }

  private keep(tokens: Tokens): void {
    this.around.kept.setItem(TOKENS, JSON.stringify(tokens));
  }

  private async leaveToSignIn(config: Registered): Promise<never> {
    const issuer = await this.findIssuer(config);
    const departure: Departure = { ...newFlow(), hash: this.around.address().hash };
    this.around.kept.setItem(FLOW, JSON.stringify(departure));
    this.around.leave(await issuer.signInUrl(departure, this.ownAddress(), asked(config)));
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

  private findIssuer({ authority, clientId }: Registered): Promise<Issuer> {
    this.issuer ??= Issuer.find(this.around.fetch, authority, clientId);
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
