"""The ports of this machine that belong to the app: its storage emulator, its issuer, its host."""

import os
import re
import sys
from collections.abc import Mapping, Sequence

_URL = re.compile(r"https?://(?:127(?:\.\d+){3}|localhost|\[::1\]):(\d{1,5})\b", re.IGNORECASE)
_SETTINGS = ("azurewebjobs", "batchpoint_")
_EMULATOR = "usedevelopmentstorage=true"
_EMULATOR_PORTS = (10000, 10001, 10002)
_HOST_URI = "--functions-uri"
# The durable extension takes the first that is free, without asking who calls.
# https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-troubleshooting-guide
_DURABLE_PORTS = range(17071, 17081)


def local_ports(
    host: Mapping[str, str] = os.environ, arguments: Sequence[str] = sys.argv
) -> frozenset[int]:
    """Returns the TCP ports to which no scorer has to connect.

    Args:
        host: The app's own environment variables.
        arguments: Those that the Functions host has started it with.
    """
    texts = [value for name, value in host.items() if name.lower().startswith(_SETTINGS)]
    ports = {int(port) for text in (*texts, *arguments) for port in _URL.findall(text)}
    if any(_EMULATOR in text.lower() for text in texts):
        ports.update(_EMULATOR_PORTS)
    if any(word.startswith(_HOST_URI) for word in arguments):
        ports.update(_DURABLE_PORTS)
    return frozenset(port for port in ports if 0 < port < 2**16)
