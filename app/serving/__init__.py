"""The server around the API: connections, limits, middleware, static files, shutdown."""
