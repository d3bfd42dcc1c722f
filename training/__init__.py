"""Trajectories become a better model: training files from the store and from elsewhere, and fine-tuning on them."""
