"""What a model needs installed: conda files, requirements and their check."""
