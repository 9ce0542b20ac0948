"""The search of a process for sections.

Under Wine no process may start or end while one runs: files that import this run alone there.
"""

from client import expect_status

MEMBERS = {"index", "handle", "address", "access", "size", "size_exact", "name", "scope", "backing",
           "attributes", "handle_count", "id"}


def search(client, pid):
    """The whole answer, held to its form."""
    answer = expect_status(client.get(f"/v1/processes/{pid}/sections"), 200).json()
    assert set(answer) == {"partial", "reason", "sections"}
    assert isinstance(answer["partial"], bool)
    assert answer["partial"] == (answer["reason"] is not None), answer
    for index, section in enumerate(answer["sections"]):
        assert set(section) - {"namespace"} == MEMBERS
        assert section["index"] == index
        assert (section["handle"] is None) != (section["address"] is None), section
        assert set(section["access"]) <= {"read", "write", "query"}
    return answer


def found(client, pid):
    """The sections of a search that saw everything."""
    answer = search(client, pid)
    assert not answer["partial"], answer
    return answer["sections"]


def by_handle(sections):
    return {section["handle"]: section for section in sections}
