"""Which problem each of our errors is."""

from chassis.problems import ProblemTable

PROBLEMS: ProblemTable = {}
