"""How a discriminator behaves around its inputs: attacks, noise, gradients."""
