"""Operations on scores."""

from services.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = ()
