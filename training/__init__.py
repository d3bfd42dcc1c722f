"""Trajectories become a better model: a training file out of the store, and fine-tuning on it."""
