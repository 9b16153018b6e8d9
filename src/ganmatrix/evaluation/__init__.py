"""How good a generator is: pure kernels on samples and features, and their sum in `score`."""
