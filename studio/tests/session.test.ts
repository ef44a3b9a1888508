import { calculatePKCECodeChallenge } from "oauth4webapi";
import { expect, test } from "vitest";
import { Session } from "../src/logic/session";

const CONFIG = { authority: "https://login.test/t/v2.0", clientId: "page", scope: "api://app/user_impersonation" };
const ISSUER = {
  issuer: "https://login.test/t/v2.0",
  authorization_endpoint: "https://login.test/t/authorize",
  token_endpoint: "https://login.test/t/token",
  end_session_endpoint: "https://login.test/t/logout",
};

/** An ID token; over TLS from the issuer itself, nobody checks its signature. */
function idToken(claims: object): string {
  const all = { iss: ISSUER.issuer, aud: "page", sub: "1", iat: 1000, exp: 4_000_000_000, ...claims };
  return [{ alg: "RS256" }, all, "signature"].map(encoded).join(".");
}

function encoded(part: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(part));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** A page at an address, with an issuer that answers what a test says. */
class World {
  url = "https://app.test/api/studio/#/jobs";
  seconds = 1000;
  config: object = CONFIG;
  issuer: object = ISSUER;
  left: URL[] = [];
  grants: Record<string, string>[] = [];
  answers: [number, object][] = [];
  store = new Map<string, string>();

  open(): Session {
    return new Session({
      fetch: (url, init) => Promise.resolve(this.answer(url, init)),
      kept: {
        getItem: (key) => this.store.get(key) ?? null,
        setItem: (key, value) => void this.store.set(key, value),
        removeItem: (key) => void this.store.delete(key),
      },
      now: () => this.seconds,
      address: () => new URL(this.url),
      leave: (url) => void this.left.push(new URL(url)),
      rename: (path) => (this.url = new URL(path, this.url).href),
    });
  }

  /** Starts a session that leaves for the issuer, and waits until it does. */
  async leaves(session = this.open()): Promise<URL> {
    const before = this.left.length;
    void session.token();
    await expect.poll(() => this.left.length).toBe(before + 1);
    return this.left.at(-1)!;
  }

  /** Signs in: leaves, comes back, and redeems the code. */
  async signIn(): Promise<Session> {
    const to = await this.leaves();
    this.url = `https://app.test/api/studio/?code=c1&state=${to.searchParams.get("state")}`;
    const session = this.open();
    await session.finish();
    return session;
  }

  private answer(url: string, init?: RequestInit): Response {
    if (url.endsWith("/config")) return Response.json(this.config);
    if (url.endsWith("openid-configuration")) return Response.json(this.issuer);
    this.grants.push(Object.fromEntries(init!.body as URLSearchParams));
    const [status, document] = this.answers.shift() ?? [500, {}];
    return Response.json(document, { status });
  }
}

function world(...answers: [number, object][]): World {
  const made = new World();
  made.answers = answers;
  return made;
}

function given(claims: object): [number, object] {
  const id_token = idToken(claims);
  return [200, { token_type: "Bearer", access_token: "a1", expires_in: 3600, refresh_token: "r1", id_token }];
}

const FIRST = given({ preferred_username: "ada@example.org" });

test("signing in leaves for the issuer, and comes back to the same page with tokens", async () => {
  const around = world(FIRST);
  const session = await around.signIn();
  const asked = around.left[0]!.searchParams;
  expect(around.left[0]!.href).toContain(ISSUER.authorization_endpoint);
  expect(asked.get("scope")).toBe("api://app/user_impersonation openid profile offline_access");
  expect(asked.get("code_challenge_method")).toBe("S256");
  expect(asked.get("code_challenge")).toBe(await calculatePKCECodeChallenge(around.grants[0]!["code_verifier"]!));
  expect(around.grants[0]).toMatchObject({
    grant_type: "authorization_code", client_id: "page", code: "c1", redirect_uri: "https://app.test/api/studio/",
  });
  expect(around.url).toBe("https://app.test/api/studio/#/jobs");
  expect(await session.token()).toBe("a1");
  expect(session.name).toBe("ada@example.org");
});

test("an answer that nobody here asked for is refused", async () => {
  const around = world(FIRST);
  await around.leaves();
  around.url = "https://app.test/api/studio/?code=stolen&state=other";
  await expect(around.open().finish()).rejects.toThrow("was not started in this tab");
  expect(around.grants).toEqual([]);
});

test("what the issuer says against it is told", async () => {
  const around = world();
  const to = await around.leaves();
  const why = "error=access_denied&error_description=not+for+you";
  around.url = `https://app.test/api/studio/?${why}&state=${to.searchParams.get("state")}`;
  await expect(around.open().finish()).rejects.toThrow("not for you");
});

test("tokens are renewed before they end, once for all who wait", async () => {
  const around = world(FIRST, [200, { token_type: "Bearer", access_token: "a2", expires_in: 3600, refresh_token: "r2" }]);
  const session = await around.signIn();
  around.seconds += 3500;
  expect(await Promise.all([session.token(), session.token()])).toEqual(["a2", "a2"]);
  expect(around.grants[1]).toMatchObject({ grant_type: "refresh_token", refresh_token: "r1", client_id: "page" });
  expect(around.grants.length).toBe(2);
  expect(session.name).toBe("ada@example.org");
});

test("a refresh token that has ended leads to the issuer", async () => {
  const around = world(FIRST, [400, { error: "invalid_grant" }]);
  const session = await around.signIn();
  around.seconds += 90_000;
  await around.leaves(session);
});

test("an issuer that does not serve is an error, and no reason to leave", async () => {
  const around = world(FIRST, [503, { error: "temporarily_unavailable" }]);
  const session = await around.signIn();
  around.seconds += 3500;
  await expect(session.token()).rejects.toThrow("temporarily_unavailable");
  expect(around.left.length).toBe(1);
});

test("a refused token is asked for anew, but not again and again", async () => {
  const around = world(FIRST);
  const session = await around.signIn();
  await session.refused("a1");
  expect(around.left.length).toBe(1);
  const later = world(FIRST);
  const old = await later.signIn();
  later.seconds += 600;
  void old.refused("a1");
  await expect.poll(() => later.left.length).toBe(2);
});

test("where the service asks for no token, there is none", async () => {
  const around = world();
  around.config = {};
  expect(await around.open().token()).toBeNull();
});

test("a setting that is missing is named", async () => {
  const around = world();
  around.config = { missing: "BATCHPOINT_SIGN_IN_CLIENT_ID" };
  await expect(around.open().token()).rejects.toThrow("BATCHPOINT_SIGN_IN_CLIENT_ID is to be set");
});

test("signing out forgets the tokens, and ends the issuer's session where there is one", async () => {
  const around = world(FIRST);
  const session = await around.signIn();
  void session.signOut();
  await expect.poll(() => around.left.length).toBe(2);
  expect(around.left[1]!.href).toBe(
    "https://login.test/t/logout?post_logout_redirect_uri=https%3A%2F%2Fapp.test%2Fapi%2Fstudio%2F",
  );
  expect(session.name).toBeNull();
  const { end_session_endpoint: _, ...without } = ISSUER;
  const local = world(FIRST);
  local.issuer = without;
  const other = await local.signIn();
  await other.signOut();
  expect(local.left.length).toBe(1);
});

test("names that are not in Latin letters are read", async () => {
  const session = await world(given({ name: "Žofie Ωmega" })).signIn();
  expect(session.name).toBe("Žofie Ωmega");
});

test("an ID token for another page is refused", async () => {
  await expect(world(given({ aud: "other" })).signIn()).rejects.toThrow("aud");
});
