"""The main job as a user would run it, on real data: `scripts/demo`.

`material.py` makes the data and trains the models, once; `cancer.py` and `digits.py` are the two
parts; `commands.py` runs and shows the `batchpoint` commands; `checks.py` holds the results against
what is true. `files/` is what a user would have written.
"""
