"""The story that must always work: two native processes and the daemon share one section."""

import build
from client import expect_status
from daemon import wait_until

FIRST = "我将无我,不负人民"
SECOND = "为人民服务"


def get_text(client, section_id):
    reply = client.get(f"/v1/sections/{section_id}/text?encoding={build.WIDE}")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    return expect_status(reply, 200).text


def put_text(client, section_id, text):
    expect_status(
        client.put(f"/v1/sections/{section_id}/text?encoding={build.WIDE}", text), 204)


def test_a_named_section_of_a_process_is_read_and_written_through_http(client, peer, name):
    peer.create("a", 4096, name)
    peer.write_text("a", FIRST)
    section = client.open(name)
    assert section["origin"] == "opened"
    assert section["name"] == name
    assert get_text(client, section["id"]) == FIRST
    put_text(client, section["id"], SECOND)
    assert peer.read_text("a") == SECOND


def test_an_anonymous_section_of_a_process_is_read_and_written_through_http(client, peer):
    made = peer.create("a", 4096)
    peer.write_text("a", FIRST)
    section = client.duplicate(peer.pid, made["handle"])
    assert section["origin"] == "duplicated"
    assert section["source"] == {"pid": peer.pid, "handle": made["handle"]}
    assert get_text(client, section["id"]) == FIRST
    put_text(client, section["id"], SECOND)
    assert peer.read_text("a") == SECOND


def test_a_section_that_we_created_is_opened_by_a_process_by_name(client, peer, name):
    section = client.create(name)
    put_text(client, section["id"], FIRST)
    peer.open("b", name)
    assert peer.read_text("b") == FIRST
    peer.write_text("b", SECOND)
    assert get_text(client, section["id"]) == SECOND


def test_a_section_that_we_created_is_duplicated_by_a_process_from_us(client, peer, daemon):
    section = client.create()
    assert section["pid"] == daemon.pid
    put_text(client, section["id"], FIRST)
    peer.duplicate("b", section["pid"], section["handle"])
    assert peer.read_text("b") == FIRST
    peer.write_text("b", SECOND)
    assert get_text(client, section["id"]) == SECOND


def test_an_opened_section_is_duplicated_by_a_third_process_from_us(client, start_peer, name):
    first, third = start_peer(), start_peer()
    first.create("a", 4096, name)
    section = client.open(name)
    third.duplicate("c", section["pid"], section["handle"])
    third.write_text("c", SECOND)
    assert first.read_text("a") == SECOND
    assert get_text(client, section["id"]) == SECOND


def test_a_named_section_stays_readable_after_its_creator_exited(client, start_peer, name):
    creator = start_peer()
    creator.create("a", 4096, name)
    creator.write_text("a", FIRST)
    section = client.open(name)
    assert creator.exit() == 0
    assert get_text(client, section["id"]) == FIRST
    put_text(client, section["id"], SECOND)
    assert get_text(client, section["id"]) == SECOND
    assert client.section(section["id"])["name"] == name


def test_an_anonymous_section_stays_readable_after_its_creator_was_killed(client, start_peer):
    creator = start_peer()
    made = creator.create("a", 4096)
    creator.write_text("a", FIRST)
    section = client.duplicate(creator.pid, made["handle"])
    creator.kill()
    assert get_text(client, section["id"]) == FIRST


def test_a_section_that_we_created_outlives_our_delete_while_a_process_holds_it(
        client, start_peer, name):
    section = client.create(name)
    put_text(client, section["id"], FIRST)
    holder = start_peer()
    holder.open("b", name)
    client.close_section(section["id"])
    assert holder.read_text("b") == FIRST


def test_a_name_is_free_again_when_nobody_holds_it(client, start_peer, name):
    creator = start_peer()
    creator.create("a", 4096, name)
    section = client.open(name)
    creator.exit()
    client.close_section(section["id"])

    def gone():
        return client.post("/v1/sections/open", {"name": name}).status == 404

    wait_until(gone, "the name is free")


def test_all_bytes_arrive_in_both_directions(client, peer, name):
    every_byte = bytes(range(256)) * 16
    peer.create("a", 4096, name)
    section = client.open(name)
    client.write(section["id"], every_byte)
    assert peer.read("a", 4096) == every_byte
    peer.write("a", every_byte[::-1])
    assert client.read(section["id"]) == every_byte[::-1]
