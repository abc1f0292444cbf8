"""Refusals seen from further out: their JSON pointers get the place at which the refused part stands."""

from domain.errors import DomainError


def below(place: str, error: DomainError) -> DomainError:
    """The same refusal for a part that stands at `place`; its sentence names the whole pointer."""
    named = error.field and error.detail.startswith(error.field)
    detail = place + error.detail if named else f"{place}{error.field}: {error.detail}"
    return type(error)(error.code, detail, place + error.field)
