"""Generators and discriminators: one file an architecture, chosen by family and data shape."""
