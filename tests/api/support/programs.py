"""Programs whose sections the peer plays: what is in their fields, by the layout that is built in.

`Played(peer, slot, "hwinfo", name, version, length)` makes the section, `tick(7)` writes it, and
`expected(layout)` is then what `GET …/fields` has to answer under "fields".
"""

import json
from pathlib import Path

import declared
from declared import SALT_START, salt_index, salt_name

BUILT_IN = Path(__file__).resolve().parents[3] / "server" / "layouts" / "builtin"
FLT_MAX = 3.4028234663852886e38


def layout_document(name):
    return json.loads((BUILT_IN / f"{name}.json").read_text())


LAYOUT_NAMES = sorted(path.stem for path in BUILT_IN.glob("*.json"))


class Program:
    """One that the peer knows, and how its fields follow from version, tick and length."""

    def __init__(self, name, versions, lengths, layouts, file=None, root=None, build=None,
                 habit="none", counters=()):
        self.name = name
        self.versions = versions
        self.lengths = lengths  # some that are worth a test
        self._layouts = layouts  # by version, or for all
        self.root = root or name.replace("-", "_")
        self.structures = declared.read(file or f"{self.root}.def") if file != "" else {}
        self._build = build
        self.habit = habit
        self.counters = counters  # path, and what it goes up by with each write

    def layouts(self, version):
        return self._layouts[version] if isinstance(self._layouts, dict) else self._layouts

    def build(self, version, length, tick, writes):
        structure = self.structures.get(self.root)
        fields = self._build(self, structure, version, length, tick)
        for name, step in self.counters:
            fields[name] = writes * step
        return fields

    def elements(self, structure, name, count, tick, limit=None):
        """Those of an array that lies where the section says."""
        salt = salt_name(SALT_START, name)
        return [declared.values(self.structures[structure], salt_index(salt, i), tick, limit)
                for i in range(count)]


def _offset(structure, name):
    return next(field.offset for field in structure.fields if field.name == name)


def plain(**fixed):
    """The structure alone; `fixed` are values, or what makes them of version and length."""
    def build(program, structure, version, length, tick):
        fields = declared.values(structure, SALT_START, tick)
        for name, value in fixed.items():
            fields[name] = value(version, length) if callable(value) else value
        return fields
    return build


def build_mumble(program, structure, version, length, tick):
    fields = declared.values(structure, SALT_START, tick)
    fields.update(ui_version=version, ui_tick=tick, context_length=length)
    fields["context"] = fields["context"][:length]
    return fields


def build_hwinfo(program, structure, version, length, tick):
    reading, sensor = program.structures["reading"], program.structures["sensor"]
    new = version >= 2
    header = structure.size if new else _offset(structure, "polling_period")
    sensor_size = sensor.size if new else _offset(sensor, "user_name")
    reading_size = reading.size if new else _offset(reading, "user_label")
    sensors = 1 + length // 8
    fields = declared.values(structure, SALT_START, tick, header)
    fields.update(signature=0x53695748, version=version, revision=int(new), sensor_offset=header,
                  sensor_size=sensor_size, sensor_count=sensors,
                  reading_offset=header + sensors * sensor_size, reading_size=reading_size,
                  reading_count=length)
    fields["sensors"] = program.elements("sensor", "sensors", sensors, tick, sensor_size)
    fields["readings"] = program.elements("reading", "readings", length, tick, reading_size)
    for i, element in enumerate(fields["readings"]):
        element.update(sensor=i // 8, id=i)
    return fields


def build_afterburner(program, structure, version, length, tick):
    entry, new = program.structures["entry"], version >= 0x20000
    header = structure.size if new else _offset(structure, "gpu_count")
    entry_size = entry.size if new else _offset(entry, "gpu")
    fields = declared.values(structure, SALT_START, tick, header)
    fields.update(signature=0x4D41484D, version=version, header_size=header, entry_count=length,
                  entry_size=entry_size)
    fields["entries"] = program.elements("entry", "entries", length, tick, entry_size)
    for element in fields["entries"][3::4]:
        element["value"] = FLT_MAX
    if new:
        gpus = 1 + length % 3
        fields.update(gpu_count=gpus, gpu_size=program.structures["gpu"].size)
        fields["gpus"] = program.elements("gpu", "gpus", gpus, tick)
    return fields


def build_rtss(program, structure, version, length, tick):
    new = version >= 0x2000D
    app_size = program.structures["app"].size if new else 600
    osd_size = program.structures["osd"].size + 262144 if new else 512
    header = _offset(structure, "busy")
    if version >= 0x2000E:
        header = _offset(structure, "foreground_app")
    if version >= 0x20010:
        header = structure.size
    fields = declared.values(structure, SALT_START, tick, header)
    fields.update(signature=0x52545353, version=version, osd_size=osd_size, osd_offset=4096,
                  osd_count=8, app_size=app_size, app_offset=4096 + 8 * osd_size,
                  app_count=length)
    fields["osds"] = program.elements("osd", "osds", 8, tick, osd_size)
    fields["apps"] = program.elements("app", "apps", length, tick, app_size)
    return fields


def _zero(value):
    if isinstance(value, dict):
        return {name: _zero(inner) for name, inner in value.items()}
    return "" if isinstance(value, str) else 0


def build_gpuz(program, structure, version, length, tick):
    fields = declared.values(structure, SALT_START, tick)
    fields.update(version=version, busy=0)
    fields["sensors"][length:] = map(_zero, fields["sensors"][length:])
    return fields


def build_coretemp(program, structure, version, length, tick):
    limit = structure.size if version >= 2 else _offset(structure, "version")
    fields = declared.values(structure, SALT_START, tick, limit)
    fields.update(core_count=length, cpu_count=1)
    if version >= 2:
        fields["version"] = version
    return fields


def ends_before(name, **fixed):
    """Version 1 ends before that field."""
    def build(program, structure, version, length, tick):
        limit = _offset(structure, name) if version == 1 else None
        fields = declared.values(structure, SALT_START, tick, limit)
        fields.update({key: value(version) for key, value in fixed.items()})
        return fields
    return build


PCARS2_SIZES = dict(zip(range(9, 15), (20576, 20660, 20668, 20688, 20692, 20700)))


def build_pcars2(program, structure, version, length, tick):
    fields = declared.values(structure, SALT_START, tick, PCARS2_SIZES[version])
    fields.update(version=version, participant_count=length)
    return fields


def build_rf2_telemetry(program, structure, version, length, tick):
    fields = declared.values(structure, SALT_START, tick)
    fields["vehicle_count"] = length
    del fields["vehicles"][length:]
    return fields


def build_rf2_scoring(program, structure, version, length, tick):
    fields = declared.values(structure, SALT_START, tick)
    fields["info"]["vehicle_count"] = length
    del fields["vehicles"][length:]
    return fields


def build_lmu(program, structure, version, length, tick):
    fields = declared.values(structure, SALT_START, tick)
    fields["vehicle_count"] = fields["scoring"]["vehicle_count"] = length
    del fields["vehicles"][length:]
    del fields["standings"][length:]
    return fields


def build_raceroom(program, structure, version, length, tick):
    fields = declared.values(structure, SALT_START, tick)
    fields.update(version_major=3, version_minor=version, car_count=length,
                  all_drivers_offset=2008 if version > 3 else 2000, driver_data_size=328)
    del fields["drivers"][length:]
    return fields


def build_aida64(program, structure, version, length, tick):
    xml = "".join(
        f"<temp><id>T{i}</id><label>Kern {i} °</label><value>{(tick + i) % 100}</value></temp>"
        for i in range(length))
    return {"xml": xml[:4096]}  # a byte for each character


ROW_TYPES = {"latin1": 0, "bool8": 1, "i32": 2, "u32": 3, "f32": 4, "f64": 5}


class IRacing(Program):
    """Its newest row lies in one of three buffers, and its variables say what a row is."""

    def build(self, version, length, tick, writes):
        header, row = self.structures["iracing"], self.structures["row"]
        described = row.fields[:length]
        fields = declared.values(header, SALT_START, tick, _offset(header, "variable_count"))
        row_offset = header.size + 16 * self.structures["variable"].size + 4096
        fields.update(version=version, status=1, variable_count=len(described),
                      variable_offset=header.size, buffer_count=3, buffer_length=row.size)
        if version >= 2:
            fields.update(current_tick=writes, current_buffer=writes % 3)
        fields["buffers"] = [{"tick": 0, "offset": 0, "begin_tick": 0} for _ in range(3)]
        for write in range(1, writes + 1):
            fields["buffers"][write % 3] = {
                "tick": write, "offset": row_offset + write % 3 * row.size,
                "begin_tick": write if version >= 2 else 0}
        fields["variables"] = self.elements("variable", "variables", len(described), tick)
        for variable, field in zip(fields["variables"], described):
            count = field.element_size if field.kind == "latin1" else (field.counts or (1,))[0]
            variable.update(type=ROW_TYPES[field.kind], offset=field.offset, count=count,
                            count_as_time=False, name=field.name)
        telemetry = declared.values(row, salt_name(SALT_START, "telemetry"), tick)
        fields["telemetry"] = {field.name: telemetry[field.name] for field in described}
        return fields


AC = "assetto-corsa"
ACC = "assetto-corsa-competizione"
PACKETS = (("packet_id", 1),)
UPDATES = (("update_begin", 1), ("update_end", 1))

PROGRAMS = {program.name: program for program in [
    Program("mumble", [2], [0, 20, 256], ["mumblelink"], build=build_mumble),
    Program("mumble-linux", [2], [0, 256], ["mumblelink-linux"], build=build_mumble),
    Program("hwinfo", [1, 2], [0, 1, 40, 300], ["hwinfo"], build=build_hwinfo, habit="mutex"),
    Program("afterburner", [0x10000, 0x20000], [0, 1, 8, 30], ["msi-afterburner"],
            build=build_afterburner),
    Program("rtss", [0x20000, 0x2000D, 0x2000E, 0x20010], [0, 1, 12], ["rtss"], build=build_rtss),
    Program("gpuz", [1], [0, 10, 128], ["gpu-z"], build=build_gpuz, habit="busy_flag",
            counters=(("last_update", 1),)),
    Program("coretemp", [1, 2], [1, 8, 256], {1: ["core-temp"], 2: ["core-temp-ex"]},
            build=build_coretemp),
    Program("aida64", [1], [0, 9, 200], ["aida64"], file="", build=build_aida64),
    IRacing("iracing", [1, 2], [1, 5, 16], ["iracing"], habit="buffers"),
    Program("ac-physics", [1, 2], [0], {1: [f"{AC}-physics"], 2: [f"{AC}-physics", f"{ACC}-physics"]},
            build=ends_before("p2p_activation"), habit="unchanged", counters=PACKETS),
    Program("ac-graphics", [1, 2], [0],
            {1: [f"{AC}-graphics"], 2: [f"{AC}-graphics", f"{ACC}-graphics"]},
            build=ends_before("active_cars"), habit="unchanged", counters=PACKETS),
    Program("ac-static", [1, 2], [0], [f"{AC}-static"],
            build=ends_before("is_online", sm_version={1: "1.7", 2: "1.9"}.get)),
    Program("pcars2", list(PCARS2_SIZES), [0, 64], ["project-cars-2"], build=build_pcars2,
            habit="seqlock", counters=(("sequence", 2),)),
    Program("rf2-telemetry", [1], [0, 1, 20, 128], ["rfactor-2-telemetry"],
            build=build_rf2_telemetry, habit="version_pair", counters=UPDATES),
    Program("rf2-scoring", [1], [0, 1, 20, 128], ["rfactor-2-scoring"], build=build_rf2_scoring,
            habit="version_pair", counters=UPDATES),
    Program("lmu", [1], [0, 1, 104], ["le-mans-ultimate"], build=build_lmu),
    Program("raceroom", [4, 5], [0, 1, 40, 128], ["raceroom"], build=build_raceroom),
    Program("scs", [10], [0], ["ets2-ats"], build=plain(active=True, revision=10)),
]}


# What a layout makes of raw values.

def _scalar(described, raw):
    if isinstance(raw, str):
        return raw
    if "null_value" in described and raw == described["null_value"]:
        return None
    if "bits" in described:
        return {name: _bits(raw, bits) for name, bits in described["bits"].items()}
    if "enum" in described:
        return described["enum"].get(str(raw), str(raw))
    if "scale" in described:
        return raw * described["scale"]
    if described["type"] == "bool8":
        return bool(raw)
    return str(raw) if described["type"] in ("u64", "i64") else raw


def _bits(raw, bits):
    value = raw >> bits["shift"] & (1 << bits["width"]) - 1
    return bool(value) if bits["width"] == 1 else value


def shown(document, described, raw):
    """One field as the daemon shows it."""
    if isinstance(raw, list):
        return [shown(document, described, element) for element in raw]
    inner = document.get("types", {}).get(described["type"])
    if inner:
        return shown_fields(document, inner["fields"], raw)
    return raw if isinstance(raw, dict) else _scalar(described, raw)


def shown_fields(document, fields, raw):
    return {field["name"]: shown(document, field, raw[field["name"]])
            for field in fields if field["name"] in raw}


class Played:
    """A section that a peer writes as the program does."""

    def __init__(self, peer, slot, program, name=None, version=None, length=None):
        self.peer = peer
        self.slot = slot
        self.program = PROGRAMS[program]
        self.name = name
        self.version = version or self.program.versions[-1]
        self.length = self.program.lengths[-1] if length is None else length
        self.writes = 0
        self.last_tick = None
        made = peer.command("play", slot, program, name or "-", self.version, self.length)
        self.size, self.handle = int(made["size"]), made["handle"]

    def tick(self, tick):
        self.peer.command("tick", self.slot, tick)
        self.last_tick = tick
        self.writes += 1

    def set_length(self, length):
        self.peer.command("length", self.slot, length)
        self.length = length

    def stay_in_the_middle(self, tick):
        self.peer.command("half", self.slot, tick)
        if self.program.habit in ("seqlock", "version_pair", "unchanged"):
            self.writes += 1  # these count a write when it begins

    def start_run(self, tick, count, rest_us=0):
        """Writes all the time, the values of `count` ticks in turn, until `stop_run`."""
        self.peer.send("run", self.slot, tick, count, rest_us)

    def stop_run(self):
        """How many writes there were."""
        self.peer.send("pid")
        writes = int(self.peer.receive()["writes"])
        self.peer.receive()
        return writes

    def bytes(self):
        return self.peer.read(self.slot, self.size)

    def raw(self, tick=None):
        return self.program.build(self.version, self.length,
                                  self.last_tick if tick is None else tick, self.writes)

    def expected(self, layout, tick=None):
        document = layout_document(layout)
        return shown_fields(document, document["fields"], self.raw(tick))
