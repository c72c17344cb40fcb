"""The service and its command line: bytes in, JSON out. Needs no torch and no training code."""

import os

__version__ = "0.1.0"

# ONNX Runtime 1.29 and later report to their maker on Linux as well, from when they are imported.
# Nothing leaves this service: neither what it is asked nor that it runs.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
