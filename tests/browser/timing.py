"""Scripts to evaluate in a page, which read the browser's timings."""

FIRST_PAINT = """new Promise((done) => new PerformanceObserver((list) => {
  for (const {startTime} of list.getEntriesByName("first-contentful-paint")) done(startTime);
}).observe({type: "paint", buffered: true}))"""
"""Milliseconds from the navigation to the first contentful paint."""

LOADED = """["resource", "navigation"].flatMap((type) => performance.getEntriesByType(type))
  .filter(({name}) => name.includes("/api/studio/"))
  .map(({encodedBodySize}) => encodedBodySize)"""
"""Bytes of each file of the page, as they came."""

REDRAWN = """(canvas) => new Promise((done) => {
  const started = performance.now();
  canvas.focus();
  canvas.dispatchEvent(new KeyboardEvent("keydown", {key: "End", bubbles: true}));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - started)));
})"""
"""Milliseconds until the map shows another mini-batch as the chosen one."""
