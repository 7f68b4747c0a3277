"""What notebooks train side by side: the failure laboratory, and the sweep of gaps."""
