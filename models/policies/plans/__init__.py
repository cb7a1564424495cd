"""Instalment plans: what may be offered, on which days what is due, and what money does to it. All of it pure."""
