"""The whole write model in a few lines: decide(command, state) -> events, evolve(state, event, position) -> state."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")


@dataclass(frozen=True, slots=True)
class Decider(Generic[Command, State, Event]):
    """One aggregate: `decide` refuses or returns events, `evolve` never refuses, for history is true."""

    initial: State
    decide: Callable[[Command, State], Sequence[Event]]
    evolve: Callable[[State, Event, int], State]


def replay(evolve: Callable[[State, Event, int], State], initial: State, history: Iterable[tuple[Event, int]]) -> State:
    """The state after (event, position) pairs in order of position."""
    state = initial
    for event, position in history:
        state = evolve(state, event, position)
    return state
