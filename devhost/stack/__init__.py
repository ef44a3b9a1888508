"""The local stack: the storage emulator and a Functions host, for the shell and for tests.

`python -m devhost.stack up` starts both in the background; `LocalStack` and `Azurite` are the same
as context managers whose processes end with them.
"""

from devhost.stack.azurite import Azurite
from devhost.stack.local import LocalStack
from devhost.stack.processes import StackError

__all__ = ["Azurite", "LocalStack", "StackError"]
