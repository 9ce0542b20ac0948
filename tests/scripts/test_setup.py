"""What server/run installs, over stand-ins for apt-get and for the tools that build."""

import pytest

from project import LOGGING, Project

@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def expect_refusal(project, finished, *words):
    assert finished.returncode == 1, finished
    assert "the daemon got" not in finished.stdout
    for word in words:
        assert word in finished.stderr
    assert project.asked("cmake") == [], "nothing is built"


def test_nothing_is_asked_of_apt_where_nothing_is_missing(project):
    finished = project.run("server/run", "--listen", "127.0.0.1:0")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "the daemon got: --listen 127.0.0.1:0\n"
    assert project.asked("apt-get") == project.asked("sudo") == []
    assert project.asked("cmake")[0].startswith("cmake --preset release")
    assert project.asked("cmake")[1].startswith("cmake --build")


def test_help_asks_and_builds_nothing(project):
    project.remove("curl")
    finished = project.run("server/run", "--help")
    assert finished.returncode == 0
    assert "usage: server/run" in finished.stdout
    assert project.log.read_text() == ""


def test_what_is_missing_is_installed_and_nothing_else(project):
    project.remove("curl")
    finished = project.run("server/run", APT_INSTALLS="curl")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "the daemon got: \n"
    update, install = project.asked("apt-get")
    assert update.endswith(" update")
    assert install.endswith(" install -y --no-install-recommends curl")
    assert project.asked("sudo") == [], "root needs none"
    assert "installing curl" in finished.stderr


def test_without_apt_the_list_of_packages_is_told(project):
    project.remove("apt-get", "curl", "ninja", "dpkg-source")
    finished = project.run("server/run")
    expect_refusal(project, finished, "no apt-get", "curl dpkg-dev ninja-build")


def test_without_root_and_sudo_the_command_for_root_is_told(project):
    project.remove("curl", "sudo")
    project.stand_in("id", "#!/bin/sh\necho 1000\n")
    finished = project.run("server/run")
    expect_refusal(project, finished, "not root, and no sudo", "apt-get install curl")
    assert project.asked("apt-get") == []


def test_a_refused_sudo_is_told(project):
    project.remove("curl")
    project.stand_in("id", "#!/bin/sh\necho 1000\n")
    project.stand_in("sudo", "#!/bin/sh\nexit 1\n")
    finished = project.run("server/run")
    expect_refusal(project, finished, "sudo was refused", "apt-get install curl")
    assert project.asked("apt-get") == []


def test_without_root_apt_is_asked_through_sudo(project):
    project.remove("curl")
    project.stand_in("id", "#!/bin/sh\necho 1000\n")
    project.stand_in("sudo", LOGGING.format(name="sudo") + '[ "$1" = -v ] || exec "$@"\n')
    finished = project.run("server/run", APT_INSTALLS="curl")
    assert finished.returncode == 0, finished.stderr
    assert len(project.asked("sudo")) == 3, "its own question, the lists and the packages"
    assert len(project.asked("apt-get")) == 2


def test_a_failed_installation_ends_with_what_apt_said(project):
    project.remove("curl")
    finished = project.run("server/run", APT_FAILS="Unable to locate package curl")
    assert finished.returncode != 0
    assert "E: Unable to locate package curl" in finished.stderr
    assert "failed: installing curl" in finished.stderr
    assert project.asked("cmake") == []


def test_what_is_still_missing_after_the_installation_is_told(project):
    project.remove("curl", "ninja")
    finished = project.run("server/run", APT_INSTALLS="curl")
    expect_refusal(project, finished, "still not usable: ninja-build")


def test_a_failed_build_ends_with_its_output(project):
    project.stand_in("cmake", "#!/bin/sh\necho 'main.c:1: error: no'\nexit 3\n")
    finished = project.run("server/run")
    assert finished.returncode == 3
    assert "main.c:1: error: no" in finished.stderr
    assert "the daemon got" not in finished.stdout


def configured_dashboard(project):
    configuring = project.asked("cmake")[0].split()
    return [word for word in configuring if word.startswith("-DSECTIOND_DASHBOARD=")]


def test_the_packages_of_the_dashboard_are_fetched_once(project):
    for _ in range(2):
        finished = project.run("server/run")
        assert finished.returncode == 0, finished.stderr
        assert finished.stdout == "the daemon got: \n"
    assert project.asked("npm") == ["npm ci"]
    assert configured_dashboard(project) == ["-DSECTIOND_DASHBOARD=ON"]


def test_where_npm_cannot_fetch_the_daemon_comes_without_its_dashboard_and_says_so(project):
    finished = project.run("server/run", NPM_FAILS="network getaddrinfo ENOTFOUND")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "the daemon got: \n"
    assert "npm error network getaddrinfo ENOTFOUND" in finished.stderr
    assert "without its dashboard" in finished.stderr
    assert configured_dashboard(project) == ["-DSECTIOND_DASHBOARD=OFF"]
    project.log.write_text("")
    project.run("server/run")
    assert configured_dashboard(project) == ["-DSECTIOND_DASHBOARD=ON"], "npm is asked again"


def test_npm_and_node_are_installed_where_they_are_missing(project):
    project.remove("npm")
    finished = project.run("server/run", APT_INSTALLS="npm")
    assert [line for line in project.asked("apt-get") if line.endswith(" npm")], finished.stderr


def test_a_system_without_apt_and_npm_still_gets_a_daemon(project):
    project.remove("npm", "apt-get")
    finished = project.run("server/run")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "the daemon got: \n"
    assert "without its dashboard" in finished.stderr
    assert configured_dashboard(project) == ["-DSECTIOND_DASHBOARD=OFF"]
