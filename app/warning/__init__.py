"""Triggers, lights, causes, advice and reminders: the same columnar code for one loan or a million."""
