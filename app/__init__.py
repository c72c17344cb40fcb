"""The service and its command line: bytes in, JSON out. Needs no torch and no training code."""
