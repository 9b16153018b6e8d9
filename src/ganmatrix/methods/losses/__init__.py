"""Adversarial losses on logits, one file a family.

A logit (N,) is high for what D takes to be real; every term is a mean, a scalar.
"""
