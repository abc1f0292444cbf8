"""Everything a log was ever given can be read: by the registry of this very program."""

from collections import defaultdict

import pytest

from domain.calendar import Period
from infra.eventstore.codec import EventType
from services import registry
from tests.support.samples import FOLDER, Paths, Sample, contains, paths, stored_samples, wanted_paths

CODEC = registry.codec()
SAMPLES = stored_samples()
SCALARS: dict[type, list[object]] = {
    Period: [Period.parse(text) for text in ("2026-03", "2026-Q1", "2026-H1", "2026", "2026-W07", "2026-03-14")]
}


@pytest.mark.parametrize("event_type", CODEC.event_types, ids=lambda each: each.name)
def test_every_event_has_a_sample_of_each_of_its_schemas(event_type: EventType) -> None:
    found = {sample.schema for sample in SAMPLES if sample.name == event_type.name}
    assert found == set(range(1, event_type.schema + 1)), "run python -m tests.support.samples"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.file.name)
def test_every_sample_is_read_and_says_what_it_said(sample: Sample) -> None:
    event = CODEC.decode(sample.name, sample.schema, sample.body)
    name, schema, body = CODEC.encode(event)
    assert name == sample.name
    if schema == sample.schema:
        assert contains(body, sample.body), "the class has changed: give it a new schema and an upcaster"


@pytest.mark.parametrize("event_type", CODEC.event_types, ids=lambda each: each.name)
def test_the_samples_of_an_event_cover_every_field_and_every_value_of_an_enum(event_type: EventType) -> None:
    covered: Paths = set()
    for sample in SAMPLES:
        if (sample.name, sample.schema) == (event_type.name, event_type.schema):
            covered |= paths(sample.body)
    missing = wanted_paths(event_type.cls, SCALARS, CODEC) - covered
    assert not missing, f"{FOLDER} needs one more file {event_type.name}.{event_type.schema}.<word>.json"


def test_no_sample_is_of_an_event_nobody_knows() -> None:
    by_name = defaultdict(set)
    for sample in SAMPLES:
        by_name[sample.name].add(sample.schema)
    assert by_name.keys() == {each.name for each in CODEC.event_types}
