"""What the rules can say no to.

DomainError                    the rules said no: `code` is public, `field` a JSON pointer, `detail` a sentence
├── Invalid                    the input breaks a rule of its own form (422)
├── Refused                    the input is well formed, the state forbids it (409)
└── NotFound                   the thing named does not exist in this organization (404)
"""


class DomainError(Exception):
    """The rules said no.

    `code` is a stable kebab-case word (documented per error), `field` the JSON pointer of the offending input
    ("" = the whole input), `detail` a sentence naming field and rule. `position` is filled by batch doors, not here.
    """

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(code, detail, field)
        self.code = code
        self.detail = detail
        self.field = field

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class Invalid(DomainError):
    """The input breaks a rule of its own form: out of range, wrong characters, contradictory parts."""


class Refused(DomainError):
    """The input is well formed, but the present state forbids it: a duplicate, a conflict, a closed period."""


class NotFound(DomainError):
    """The scorecard, KPI, version, period or event that was named does not exist here."""
