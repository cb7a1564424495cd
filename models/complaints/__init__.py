"""Complaints: what they come from, what is done about it, and whether it helped."""

from models.complaints.counted import Asked, By, Case, Known, Scope, cases
from models.complaints.figures import Measure, Pareto, pareto
from models.complaints.trends import Direction, Trend, first_day, trend

__all__ = [
    "Asked",
    "By",
    "Case",
    "Direction",
    "Known",
    "Measure",
    "Pareto",
    "Scope",
    "Trend",
    "cases",
    "first_day",
    "pareto",
    "trend",
]
