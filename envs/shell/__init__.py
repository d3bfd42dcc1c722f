"""The shell world: questions about a Linux box, and changes to its files and processes."""
