"""What tests share: small projects, fake matrices, killed processes, refusals."""
