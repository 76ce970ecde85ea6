"""Scoring: the 631 rating and the learned opinion, side by side."""
