"""The layouts of known programs, against declarations of the structures, without a daemon."""

import re

import pytest

import declared
import layout_reader
from programs import LAYOUT_NAMES, PROGRAMS, Played, layout_document

CASES = [(program.name, version, layout) for program in PROGRAMS.values()
         for version in program.versions for layout in program.layouts(version)]
COVERED = sorted({layout for _, _, layout in CASES})
STRUCTURED = [layout for layout in COVERED if layout != "aida64"]  # that one is text

# Fields that lie where other fields say, or that are no part of the structure.
PLACED_BY_FIELDS = {
    "hwinfo": {"sensors": "sensor", "readings": "reading"},
    "msi-afterburner": {"entries": "entry", "gpus": "gpu"},
    "rtss": {"apps": "app", "osds": "osd"},
    "iracing": {"variables": "variable", "telemetry": None},
    "raceroom": {"car_count": None, "drivers": "driver"},
}
# What belongs to the newer game only, and is in its own layout.
LAST_OF_BOTH_GAMES = {"assetto-corsa-physics": "local_velocity",
                      "assetto-corsa-graphics": "lap_position",
                      "assetto-corsa-static": "pit_window_end", "core-temp": "delta_to_tj_max"}


def program_of(layout):
    return next(PROGRAMS[name] for name, _, found in CASES if found == layout)


def test_every_layout_that_is_built_in_has_a_program_that_plays_it():
    assert COVERED == LAYOUT_NAMES


def check_fields(fields, structure, structures):
    """Each field of the layout lies where the declaration puts the one of its name."""
    places = {field.name: field for field in structure.fields}
    for field in fields:
        place = places[field["name"]]
        assert field["offset"] == place.offset, field
        counts = field.get("count", [])
        if not isinstance(counts, dict) or "field" not in counts:
            assert (counts if isinstance(counts, list) else [counts]) == list(place.counts), field
        else:
            assert [counts["max"]] == list(place.counts), field
        if place.structure:
            assert field["type"] == place.kind, field
        elif place.kind in declared.ENCODINGS:
            encoding = declared.ENCODINGS[place.kind][1]
            assert (field["type"], field["bytes"], field["encoding"]) == (
                "string", place.element_size, encoding), field
        else:
            assert field["type"] == place.kind, field


@pytest.mark.parametrize("layout", STRUCTURED)
def test_every_field_lies_where_the_structure_has_it(layout):
    document, program = layout_document(layout), program_of(layout)
    elsewhere = PLACED_BY_FIELDS.get(layout, {})
    fixed = [field for field in document["fields"] if field["name"] not in elsewhere]
    check_fields(fixed, program.structures[program.root], program.structures)
    for name, described in document.get("types", {}).items():
        structure = program.structures[name]
        assert described["size"] == structure.size
        check_fields(described["fields"], structure, program.structures)
    for field in document["fields"]:
        if elsewhere.get(field["name"]):
            assert field["type"] == elsewhere[field["name"]]


@pytest.mark.parametrize("layout", STRUCTURED)
def test_no_field_of_the_structure_is_left_out(layout):
    document, program = layout_document(layout), program_of(layout)
    wanted = [field.name for field in program.structures[program.root].fields]
    if layout in LAST_OF_BOTH_GAMES:
        wanted = wanted[:wanted.index(LAST_OF_BOTH_GAMES[layout]) + 1]
    # The drivers are declared in the structure, and described by what leads to them.
    assert {field["name"] for field in document["fields"]} >= set(wanted)
    for name, described in document.get("types", {}).items():
        assert [field["name"] for field in described["fields"]] == [
            field.name for field in program.structures[name].fields]


@pytest.mark.parametrize("layout", LAYOUT_NAMES)
def test_every_layout_says_what_it_is_of(layout):
    document = layout_document(layout)
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", layout)
    assert document["title"] and document["source"] and document["match"]["names"]
    assert document["endian"] == "little"
    for fields in [document["fields"], *(t["fields"] for t in document.get("types", {}).values())]:
        names = [field["name"] for field in fields]
        assert len(names) == len(set(names))
        for field in fields:
            labels = list(field.get("enum", {}).values())
            assert len(labels) == len(set(labels)), field


@pytest.mark.parametrize("name,version,layout", CASES)
def test_what_a_program_writes_is_read_right_in_every_version_and_length(peer, name, version,
                                                                         layout):
    played = Played(peer, "a", name, version=version, length=PROGRAMS[name].lengths[0])
    for tick, length in enumerate(PROGRAMS[name].lengths, 1):
        played.set_length(length)
        played.tick(tick)
        found = layout_reader.read(layout_document(layout), played.bytes())
        assert found == played.expected(layout)


@pytest.mark.parametrize("layout", [layout for layout in COVERED
                                    if layout_document(layout)["match"].get("fields")])
def test_what_the_program_has_not_written_yet_does_not_match(peer, layout):
    played = Played(peer, "a", program_of(layout).name)
    with pytest.raises(layout_reader.Mismatch):
        layout_reader.read(layout_document(layout), played.bytes())
