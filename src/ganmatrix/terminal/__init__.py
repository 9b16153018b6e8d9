"""Printing in a terminal: the matrix, the claims, and changes. It never imports torch."""
