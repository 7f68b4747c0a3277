"""What notebooks train beside their streams, and the truth run, which asks several seeds."""
