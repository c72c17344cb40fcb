"""What is asked and what is answered. Knows nothing of sockets and servers."""
