"""Other ways to serve the same network: small services, each as its framework's guide shows it."""
