"""Instalment plans: what may be offered."""
