"""Many files on the command line: folders in, one table out. Knows nothing of HTTP."""
