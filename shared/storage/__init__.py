"""Where state and data live: ports, their Azure and in-memory twins, and the repositories."""
