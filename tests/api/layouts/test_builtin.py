"""The layouts of known programs, over sections that a peer writes as the program does."""

import fcntl
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import build
import fields
from amounts import amount
from client import expect_problem, expect_status
from daemon import wait_until
from names import unique_name
from peers import PeerError
from programs import LAYOUT_NAMES, PROGRAMS, Played, layout_document

CASES = [(program.name, version, layout) for program in PROGRAMS.values()
         for version in program.versions for layout in program.layouts(version)]
GUARDED = [layout for layout in LAYOUT_NAMES if layout_document(layout)["match"].get("fields")]


def player_of(layout):
    return next((name, version) for name, version, found in CASES if found == layout)


@pytest.fixture
def play(peer, client):
    """Makes a program's section and opens it: what is played, and the id."""
    def start(name, **options):
        section_name = unique_name()
        played = Played(peer, name, name, section_name, **options)
        return played, client.open(section_name)["id"]
    return start


@pytest.mark.parametrize("name,version,layout", CASES)
def test_every_field_is_read_right_in_every_version_and_length(play, client, name, version, layout):
    played, section = play(name, version=version, length=PROGRAMS[name].lengths[0])
    for tick, length in enumerate(PROGRAMS[name].lengths, 1):
        played.set_length(length)
        played.tick(tick)
        answer = fields.read(client, section, layout)
        assert answer["layout"] == layout
        assert answer["fields"] == played.expected(layout)


def names_of_bits(document):
    lists = [document["fields"], *(kind["fields"] for kind in document.get("types", {}).values())]
    return {field["name"] for described in lists for field in described if "bits" in field}


def paths_of(shown, before=""):
    """Some of the concrete paths of numbers and texts: the last of each array."""
    for name, value in shown.items():
        here = f"{before}{name}"
        while isinstance(value, list) and value:
            here, value = f"{here}[{len(value) - 1}]", value[-1]
        if isinstance(value, dict):
            yield from paths_of(value, here + ".")
        elif not isinstance(value, list):
            yield here


@pytest.mark.parametrize("layout", LAYOUT_NAMES)
def test_a_selection_has_the_values_of_the_whole(play, client, layout):
    name, version = player_of(layout)
    played, section = play(name, version=version)
    played.tick(3)
    expected = played.expected(layout)
    bits = names_of_bits(layout_document(layout))
    chosen = [path for path in paths_of(expected) if not bits & set(path.split("."))][-64:]
    answer = fields.read(client, section, layout, select=chosen)
    assert answer["values"] == {path: fields.at(expected, path) for path in chosen}


def test_the_readings_of_hwinfo_are_found_by_what_is_in_them(play, client):
    played, section = play("hwinfo", length=40)
    played.tick(1)
    readings = played.expected("hwinfo")["readings"]
    answer = fields.read(client, section, "hwinfo", select="readings[id=17].value")
    assert answer["values"] == {"readings[17].value": readings[17]["value"]}
    answer = fields.read(client, section, "hwinfo", select="readings[sensor=2].label")
    assert answer["values"] == {f"readings[{i}].label": readings[i]["label"]
                                for i in range(16, 24)}


# What does not match.

@pytest.mark.parametrize("layout", GUARDED)
def test_a_section_that_is_not_written_yet_does_not_match(play, client, layout):
    name, version = player_of(layout)
    played, section = play(name, version=version)
    problem = expect_problem(fields.get(client, section, layout=layout), 409, "layout_mismatch")
    field, wanted = next(iter(layout_document(layout)["match"]["fields"].items()))
    assert field in problem["detail"] and str(wanted) in problem["detail"], problem
    played.tick(1)
    fields.read(client, section, layout)


GUARDS = {"gpu-z": {"version": 1}, "hwinfo": {"signature": 0x53695748},
          "msi-afterburner": {"signature": 0x4D41484D}, "rtss": {"signature": 0x52545353},
          "raceroom": {"version_major": 3, "all_drivers_offset": 2008}}
DEAD = int.from_bytes(b"DEAD", "little")


def test_where_a_program_has_a_number_that_tells_the_layout_goes_by_it():
    assert GUARDS == {layout: layout_document(layout)["match"]["fields"] for layout in GUARDED}


@pytest.mark.parametrize("name,offset,field,found", [
    ("gpuz", 0, "version", 2), ("hwinfo", 0, "signature", DEAD), ("rtss", 0, "signature", 0xDEAD),
    ("afterburner", 0, "signature", 0xDEAD), ("raceroom", 0, "version_major", 2),
    ("raceroom", 8, "all_drivers_offset", 2000)])
def test_a_program_that_has_ended_or_is_another_version_does_not_match(peer, play, client, name,
                                                                       offset, field, found):
    played, section = play(name)
    layout = layout_of(name)
    played.tick(1)
    peer.write(played.slot, found.to_bytes(4, "little"), offset)
    problem = expect_problem(fields.get(client, section, layout=layout), 409, "layout_mismatch")
    for told in (field, f"expected {GUARDS[layout][field]}", f"found {found}"):
        assert told in problem["detail"], problem


@pytest.mark.parametrize("version,size", [(5, 5 * 1024), (6, 7320), (8, 20575)])
def test_project_cars_before_its_sequence_does_not_match(client, version, size):
    section = client.create(size=size, view={"offset": 0, "length": size})["id"]
    client.write(section, version.to_bytes(4, "little"))
    problem = expect_problem(fields.get(client, section, layout="project-cars-2"), 409,
                             "layout_mismatch")
    assert "20576" in problem["detail"] and str(size) in problem["detail"]


@pytest.mark.parametrize("layout", LAYOUT_NAMES)
def test_a_section_that_is_too_small_does_not_match(client, layout):
    if layout_document(layout)["size"] <= build.PAGE:
        section = client.create(size=8192, view={"offset": 8192 - 16, "length": 16})["id"]
    else:
        section = client.create(size=build.PAGE)["id"]
    expect_problem(fields.get(client, section, layout=layout), 409, "layout_mismatch")


def test_a_version_with_other_places_is_refused(play, client):
    played, section = play("raceroom", version=3)
    played.tick(1)
    problem = expect_problem(fields.get(client, section, layout="raceroom"), 409, "layout_mismatch")
    assert "2008" in problem["detail"] and "2000" in problem["detail"]


@pytest.mark.parametrize("name,layout,offset,word", [
    ("hwinfo", "hwinfo", 0x28, 100_000), ("hwinfo", "hwinfo", 0x28, 0xFFFFFFFF),
    ("hwinfo", "hwinfo", 0x20, 0xFFFFFFF0), ("hwinfo", "hwinfo", 0x24, 0x7FFFFFFF),
    ("afterburner", "msi-afterburner", 12, 4000), ("afterburner", "msi-afterburner", 8, 0xFFFFFFFF),
    ("afterburner", "msi-afterburner", 24, 65), ("rtss", "rtss", 12, 0xFFFFFF00),
    ("rf2-telemetry", "rfactor-2-telemetry", 12, 129),
    ("rf2-telemetry", "rfactor-2-telemetry", 12, 0xFFFFFFFF),
    ("lmu", "le-mans-ultimate", 128464, 105), ("raceroom", "raceroom", 12, 0x10000),
    ("raceroom", "raceroom", 2008, 129), ("iracing", "iracing", 24, 1_000_000),
    ("iracing", "iracing", 28, 0x7FFFFFFF), ("iracing", "iracing", 32, 5),
    ("iracing", "iracing", 36, 0x7FFFFFFF), ("mumble", "mumblelink", 1104, 257),
    ("mumble-linux", "mumblelink-linux", 2128, 0xFFFFFFFF)])
def test_counts_and_places_that_lead_outside_do_not_match(peer, play, client, name, layout, offset,
                                                          word):
    played, section = play(name)
    played.tick(1)
    peer.write(played.slot, word.to_bytes(4, "little"), offset)
    expect_problem(fields.get(client, section, layout=layout), 409, "layout_mismatch")
    played.tick(2)
    assert fields.read(client, section, layout)["fields"] == played.expected(layout)


# Torn writes.

TORN = [name for name, program in PROGRAMS.items()
        if program.habit in ("seqlock", "version_pair", "busy_flag")]
WHOLE = [name for name, program in PROGRAMS.items() if program.habit in ("none", "unchanged")]


def layout_of(name):
    program = PROGRAMS[name]
    return program.layouts(program.versions[-1])[-1]


def expect_torn(client, section, layout):
    expect_problem(fields.get(client, section, layout=layout), 503, "torn")
    reply = expect_status(fields.get(client, section, layout=layout, allow_torn=1), 200)
    assert reply.json()["consistent"] is False
    assert "ETag" not in reply.headers


@pytest.mark.parametrize("name", TORN)
def test_a_write_that_is_not_ended_is_torn(play, client, name):
    played, section = play(name)
    layout = layout_of(name)
    played.tick(1)
    answer = fields.read(client, section, layout)
    assert answer["consistent"] is True
    assert answer["fields"] == played.expected(layout)
    played.stay_in_the_middle(2)
    expect_torn(client, section, layout)
    played.tick(3)
    answer = fields.read(client, section, layout)
    assert answer["consistent"] is True
    assert answer["fields"] == played.expected(layout)


@pytest.fixture
def name_of_the_dead():
    """A name that its owner, killed, cannot take away; there is none left to take away on Windows."""
    name = unique_name()
    yield name
    if not build.ON_WINDOWS:
        (Path("/dev/shm") / name).unlink()


@pytest.mark.parametrize("name", TORN)
def test_a_writer_that_dies_in_the_middle_leaves_it_torn(start_peer, client, name, name_of_the_dead):
    writer = start_peer()
    played = Played(writer, "a", name, name_of_the_dead)
    section = client.open(name_of_the_dead)["id"]
    played.tick(1)
    played.stay_in_the_middle(2)
    writer.kill()
    expect_torn(client, section, layout_of(name))


@pytest.mark.parametrize("name", WHOLE)
def test_without_a_rule_that_tells_half_a_write_is_read_as_it_is(play, client, name):
    played, section = play(name)
    played.tick(1)
    played.stay_in_the_middle(2)
    fields.read(client, section, layout_of(name))


def test_a_row_that_iracing_has_not_ended_is_not_the_newest(play, client):
    played, section = play("iracing")
    played.tick(1)
    played.tick(2)
    before = played.expected("iracing")["telemetry"]
    played.stay_in_the_middle(3)
    assert fields.read(client, section, "iracing")["fields"]["telemetry"] == before
    played.tick(4)
    assert (fields.read(client, section, "iracing")["fields"]["telemetry"]
            == played.expected("iracing")["telemetry"] != before)


@pytest.mark.windows
def test_hwinfo_is_not_read_while_it_writes(play, client):
    played, section = play("hwinfo")
    played.tick(1)
    assert fields.read(client, section, "hwinfo")["consistent"] is True
    played.stay_in_the_middle(2)
    expect_torn(client, section, "hwinfo")
    played.tick(3)
    answer = fields.read(client, section, "hwinfo")
    assert answer["consistent"] is True
    assert answer["fields"] == played.expected("hwinfo")


@pytest.mark.windows
def test_the_mutex_of_a_hwinfo_that_died_is_used(start_peer, client, name_of_the_dead):
    writer = start_peer()
    played = Played(writer, "a", "hwinfo", name_of_the_dead)
    section = client.open(name_of_the_dead)["id"]
    played.tick(1)
    played.stay_in_the_middle(2)
    writer.kill()
    fields.read(client, section, "hwinfo")


@pytest.mark.windows
def test_that_a_hwinfo_has_died_with_its_mutex_is_said_once(start_peer, client, name_of_the_dead):
    writer, witness = start_peer(), start_peer()
    played = Played(writer, "a", "hwinfo", name_of_the_dead)
    Played(witness, "a", "hwinfo", unique_name())  # as others do, it has the mutex open
    section = client.open(name_of_the_dead)["id"]
    played.tick(1)
    assert "abandoned" not in fields.read(client, section, "hwinfo")
    played.stay_in_the_middle(2)
    writer.kill()
    answer = fields.read(client, section, "hwinfo")
    assert answer["consistent"] is True and answer["abandoned"] is True
    assert "abandoned" not in fields.read(client, section, "hwinfo")


@pytest.mark.linux
def test_where_there_are_no_mutexes_nobody_knows_whether_hwinfo_writes(play, client):
    played, section = play("hwinfo")
    played.tick(1)
    answer = fields.read(client, section, "hwinfo")
    assert answer["consistent"] is None
    assert answer["fields"] == played.expected("hwinfo")


# A writer at full speed.

# Of each reader. tests/os/fields_torn.c has 100,000 under each rule, without HTTP.
READS = amount(2000, under_wine=40)
READERS = 4
TICKS = 8
# Far apart, so that a copy while the program writes has old and new ones.
SPREAD = {
    "pcars2": ["build", "participants[0].name", "participants[63].lap_distance", "speed",
               "tyre_wear[3]", "car_names[63]", "orientations[63][2]", "launch_stage"],
    "rf2-telemetry": ["vehicles[0].rpm", "vehicles[0].vehicle_name", "vehicles[31].fuel",
                      "vehicles[64].position.x", "vehicles[127].wheels[3].toe"],
    "rf2-scoring": ["info.track_name", "vehicles[0].driver_name", "vehicles[64].lap_distance",
                    "vehicles[127].best_lap_sector_2"],
    "gpuz": ["records[0].key", "records[127].value", "sensors[0].value", "sensors[127].value"],
    "iracing": ["telemetry.SessionTime", "telemetry.CarIdxLapDistPct[0]", "telemetry.CarIdxLap[63]",
                "telemetry.SessionName"],
    "hwinfo": ["last_update", "sensors[0].name", "readings[0].value", "readings[299].unit"],
    "lmu": ["game_version", "scoring.track_name", "standings[103].driver_name",
            "vehicles[0].rpm", "vehicles[103].wheels[3].toe"],
}
# Rests that leave readers some of the time: about as long as a write takes.
RESTS_US = {"pcars2": 5, "rf2-telemetry": 60, "rf2-scoring": 20, "gpuz": 60, "iracing": 100,
            "hwinfo": 100}


def combinations(played, layout):
    """What the chosen fields may be together."""
    images = [played.expected(layout, tick) for tick in range(1, TICKS + 1)]
    return {tuple(fields.at(image, path) for path in SPREAD[played.program.name])
            for image in images}


def read_chosen(client, section, played, layout):
    """On a busy machine a writer may be kept from going on for longer than a read waits."""
    chosen = SPREAD[played.program.name]

    def ask():
        reply = fields.get(client, section, layout=layout, select=chosen)
        if reply.status == 503:
            expect_problem(reply, 503, "torn")
            return None
        return expect_status(reply, 200).json()["values"]

    values = wait_until(ask, "a consistent copy", timeout_s=60)
    return tuple(values[path] for path in chosen)


def read_many(daemon, section, played, layout, possible, torn):
    client = daemon.client()
    for _ in range(READS):
        found = read_chosen(client, section, played, layout)
        if found not in possible:
            torn.append(found)
            break
    client.close()


@pytest.mark.parametrize("name", [name for name in RESTS_US if name != "hwinfo" or build.ON_WINDOWS])
def test_no_copy_is_torn_while_the_program_writes_all_the_time(daemon, play, client, name):
    played, section = play(name)
    layout, torn = layout_of(name), []
    possible = combinations(played, layout)
    played.tick(1)
    played.start_run(1, TICKS, RESTS_US[name])
    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read_many, daemon, section, played, layout, possible, torn)
                   for _ in range(READERS)]
    for reader in readers:
        reader.result()
    assert played.stop_run() > 0
    assert torn == []


def test_without_a_rule_copies_are_torn_so_the_test_above_can_fail(play, client):
    played, section = play("lmu")
    possible = combinations(played, "le-mans-ultimate")
    played.tick(1)
    played.start_run(1, TICKS)
    found = (read_chosen(client, section, played, "le-mans-ultimate") for _ in range(20_000))
    assert any(values not in possible for values in found)
    assert played.stop_run() > 0


# How a layout is known.

@pytest.fixture
def real_names():
    """The names of the programs themselves: one run of the tests at a time has them."""
    with open(Path(tempfile.gettempdir()) / "sectiond-test-program-names", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def names_here(layout):
    names = layout_document(layout)["match"]["names"]
    return [name for name in names if build.ON_WINDOWS or not name.startswith("Global\\")]


@pytest.mark.parametrize("layout,name", [(layout, name) for layout in LAYOUT_NAMES
                                         for name in names_here(layout)])
def test_a_layout_is_suggested_by_the_name_of_the_section(real_names, start_peer, client, layout,
                                                          name):
    program, version = player_of(layout)
    peer, bare = start_peer(), name if build.ON_WINDOWS else name.removeprefix("Local\\")
    bare = bare.replace("*", str(1000 + len(layout)))
    try:
        played = Played(peer, "a", program, bare, version=version)
    except PeerError:
        pytest.fail(f"{name} is another program's: {program} runs here")
    played.tick(1)
    section = client.open(bare)["id"]
    found = expect_status(client.get(f"/v1/sections/{section}/layouts"), 200).json()["layouts"]
    by = {suggestion["name"]: suggestion["by"] for suggestion in found}
    assert "name" in by[layout]
    same_name = {other for other in LAYOUT_NAMES if name in layout_document(other)["match"]["names"]}
    assert found[0]["name"] in same_name


@pytest.mark.parametrize("layout", GUARDED)
def test_a_layout_is_suggested_by_what_is_in_the_section(play, client, layout):
    name, version = player_of(layout)
    played, section = play(name, version=version)
    played.tick(1)
    found = expect_status(client.get(f"/v1/sections/{section}/layouts"), 200).json()["layouts"]
    by = {suggestion["name"]: suggestion["by"] for suggestion in found}
    assert "fields" in by[layout]


def test_layouts_that_are_built_in_are_listed_and_cannot_be_changed(client):
    listed = expect_status(client.get("/v1/layouts"), 200).json()["layouts"]
    assert {layout["name"] for layout in listed} >= set(LAYOUT_NAMES)
    for layout in LAYOUT_NAMES:
        expect_problem(client.json("PUT", f"/v1/layouts/{layout}", layout_document(layout)), 403,
                       "built_in")
        expect_problem(client.delete(f"/v1/layouts/{layout}"), 403, "built_in")
