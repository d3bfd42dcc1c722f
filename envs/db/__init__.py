"""The SQL world: a fresh SQLite database per task, questions about it and changes to it."""
