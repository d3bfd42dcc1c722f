"""Stateful services behind typed tools: mail, calendar, bank, travel and more over one relational state."""
