"""Self-play: rounds of collecting, filtering, training and judging (`python -m training.selfplay CONFIG.toml`)."""
