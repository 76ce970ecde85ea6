"""Learns from any table with a target of 0 and 1, and serves what was learnt without the learning library."""
