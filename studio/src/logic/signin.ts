// The session of this tab.

import { Session } from "./session";

export const session = new Session({
  fetch: (url, init) => fetch(url, init),
  kept: {
    getItem: (key) => sessionStorage.getItem(key),
    setItem: (key, value) => sessionStorage.setItem(key, value),
    removeItem: (key) => sessionStorage.removeItem(key),
  },
  now: () => Date.now() / 1000,
  address: () => new URL(location.href),
  leave: (url) => location.assign(url),
  rename: (path) => history.replaceState(null, "", path),
});
