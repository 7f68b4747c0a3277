"""What notebooks train side by side: the failure laboratory of flow, and the sweep of gaps."""
