"""Requirements of models: conda files, pip requirements and their check."""
