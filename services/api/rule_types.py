"""The rules of the domain as types of problem: the code each refusal carries, its title, what the caller can do.

A test reads the rules' own source and fails when a code is missing here.
"""

Rule = tuple[str, str, str]

INVALID: tuple[Rule, ...] = ()
CONFLICTS: tuple[Rule, ...] = (
    ("refused", "The present state forbids it", "The request is well formed; the detail names the rule and the field."),
)
UNKNOWN: tuple[Rule, ...] = ()
