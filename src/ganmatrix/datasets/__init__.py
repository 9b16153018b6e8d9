"""What the matrix is trained on: one file a kind, pure functions from params to arrays."""
