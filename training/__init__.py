"""Offline: data, augmentation, the loop, evaluation and export. Never imported by the service."""
