"""What notebooks train side by side: the flow laboratory, and the sweep of gaps."""
