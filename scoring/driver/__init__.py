"""The program inside a scorer process, which loads a model once and scores files with it.

It runs in the environment of the deployment: standard library only, Python 3.8.
"""
