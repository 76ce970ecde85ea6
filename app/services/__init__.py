"""Use cases, and the ports they need; the store and the edges plug in from above."""
