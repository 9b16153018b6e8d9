"""Adversarial training rules: one file a method, behind the protocol of `method.py`."""
