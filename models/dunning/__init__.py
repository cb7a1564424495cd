"""Staged reminders: their words and sequences, who gets which when, and why somebody did not."""
