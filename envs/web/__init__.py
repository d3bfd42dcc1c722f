"""The web world: sites of our own in a real browser."""
