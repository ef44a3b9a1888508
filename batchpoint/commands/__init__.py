"""The command line's groups of commands, one module each, imported when it is used."""
