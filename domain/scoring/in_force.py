"""What applies on the last day of the asked period; the rule itself is shared with the deciders."""

from domain.in_force import in_force

__all__ = ["in_force"]
