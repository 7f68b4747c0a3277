"""What a network is fed: the windows of a store (mode 2), or every frame of the clips (mode 1)."""
