"""A local web page over the store: read trajectories, compare policies, review turns. `python -m rollout.view`."""
