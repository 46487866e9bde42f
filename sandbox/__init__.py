"""A stand-in for AWS in which plain `pulumi` runs: the real engine, a provider plugin, a cloud."""
