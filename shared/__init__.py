"""The app without HTTP and without triggers: rooms by feature, each on those below it."""
