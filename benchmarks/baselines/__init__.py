"""Baselines: the same network served in other ways, each as its framework's guide shows it."""
