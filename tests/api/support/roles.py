"""A daemon whose tokens have roles."""

import build


def with_roles(start_daemon, tmp_path):
    """A daemon, and a client of each role."""
    path = tmp_path / "tokens"
    roles = ("read", "write", "admin")
    path.write_text("".join(f"{role} {role}-token-of-a-test-0123456789\n" for role in roles))
    path.chmod(0o600)
    daemon = start_daemon("--token-file", build.native_path(path))
    return {role: daemon.client(token=f"{role}-token-of-a-test-0123456789") for role in roles}
