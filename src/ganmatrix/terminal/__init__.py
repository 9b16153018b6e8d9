"""What a terminal shows: the matrix, the claims, and what has changed. Never imports torch."""
