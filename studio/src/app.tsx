// The frame around all pages.

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { links, readRoute, type Route } from "./logic/route";
import { PAGE } from "./logic/session";
import { session } from "./logic/signin";
import { applyTheme, keptTheme, type Theme } from "./logic/theme";
import { EndpointPage } from "./pages/endpoint";
import { EndpointsPage } from "./pages/endpoints";
import { JobPage } from "./pages/job";
import { JobsPage } from "./pages/jobs";
import { Title } from "./parts/common";

export function App() {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  const [isSignedOut, setSignedOut] = useState(false);
  useEffect(() => {
    const change = () => setRoute(readRoute(location.hash));
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>("main")?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href={links.jobs()}>batchpoint <span>studio</span></a>
        <nav aria-label="Main">
          <NavLink href={links.jobs()} isHere={route.page === "jobs" || route.page === "job"}>Jobs</NavLink>
          <NavLink href={links.endpoints()} isHere={route.page === "endpoints" || route.page === "endpoint"}>
            Endpoints
          </NavLink>
        </nav>
        <Account onSignedOut={() => setSignedOut(true)} />
        <ThemeChoice />
      </header>
      <main tabIndex={-1}>{isSignedOut ? <SignedOut /> : <Page route={route} />}</main>
    </>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "jobs": return <JobsPage query={route.query} />;
    case "job": return <JobPage key={route.name} name={route.name} />;
    case "endpoints": return <EndpointsPage />;
    case "endpoint": return <EndpointPage key={route.name} name={route.name} />;
    case "unknown":
      return (
        <>
          <Title document="Nothing here">There is nothing here</Title>
          <p>There are <a href={links.jobs()}>jobs</a> and <a href={links.endpoints()}>endpoints</a>.</p>
        </>
      );
  }
}

/** Who is signed in, where somebody is. */
function Account({ onSignedOut }: { onSignedOut: () => void }) {
  const { name } = session;
  if (!name) return null;
  return (
    <p class="account">
      <span class="muted">{name}</span>{" "}
      <button type="button" class="link" onClick={() => void session.signOut().then(onSignedOut)}>Sign out</button>
    </p>
  );
}

function SignedOut() {
  return (
    <>
      <Title document="Signed out">You are signed out</Title>
      <p><a href={PAGE}>Sign in</a></p>
    </>
  );
}

function NavLink({ href, isHere, children }: { href: string; isHere: boolean; children: string }) {
  return <a href={href} {...(isHere ? { "aria-current": "page" as const } : {})}>{children}</a>;
}

function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(keptTheme);
  useLayoutEffect(() => applyTheme(theme), [theme]);
  return (
    <label class="theme">
      <span class="unseen">Colours</span>
      <select value={theme} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
        <option value="system">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
