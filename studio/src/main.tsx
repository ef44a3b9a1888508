import { render, type VNode } from "preact";
import { App } from "./app";
import { PAGE } from "./logic/session";
import { session } from "./logic/signin";
import { applyTheme, keptTheme } from "./logic/theme";
import { Problem } from "./parts/common";

const place = document.getElementById("studio")!;
applyTheme(keptTheme());
// Without a token there is nothing to show, and the browser may be about to leave for one.
session.finish().then(() => session.token()).then(
  () => show(<App />),
  (error: unknown) => show(
    <main>
      <Problem error={error} what="You are not signed in." />
      <p><a href={PAGE}>Sign in again</a></p>
    </main>,
  ),
);

function show(page: VNode): void {
  // What stands there was for the time until this script ran.
  place.replaceChildren();
  render(page, place);
}
