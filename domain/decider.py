"""The whole write model in a few lines: decide(command, state, context) -> events, evolve(state, event, position)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Command = TypeVar("Command")
State = TypeVar("State")
Context = TypeVar("Context")
Event = TypeVar("Event")


@dataclass(frozen=True, slots=True)
class Decider(Generic[Command, State, Context, Event]):
    """One aggregate: `decide` refuses or returns events, `evolve` never refuses, for history is true.

    `initial` gives the state before the first event of a stream from the stream's code (domain.streams).
    `Context` is what the rules must know beyond the stream: the time, the calendar, which periods have values.
    """

    initial: Callable[[str], State]
    decide: Callable[[Command, State, Context], Sequence[Event]]
    evolve: Callable[[State, Event, int], State]


def replay(evolve: Callable[[State, Event, int], State], initial: State, history: Iterable[tuple[Event, int]]) -> State:
    """The state after (event, position) pairs in order of position."""
    state = initial
    for event, position in history:
        state = evolve(state, event, position)
    return state
