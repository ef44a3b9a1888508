"""The runtime of user code: scorers in processes of their own, and what they run."""
