"""The results matrix to look through: rows and columns to choose, numbers that open their runs."""
