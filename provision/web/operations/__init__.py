"""For operators: `health` says up and ready, `metrics` counts, `retention` deletes what is old."""
