"""From the bytes of a picture to its reading. Knows nothing of HTTP."""
