"""The player and its doors."""
