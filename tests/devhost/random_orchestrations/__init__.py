"""Random orchestrations, and the results that they have to give on whatever host runs them.

A program is JSON: steps that call activities and sub-orchestrations, alone or several at once, that
wait, or continue as new. `app` runs it as an orchestration, `reference` as plain Python. Its forms
are those that come out right on Azure: a retry policy stands alone, and several at once have none.

`python -m tests.devhost.random_orchestrations --count 200 --host func` tries a host by hand.
"""
