"""A run opens no socket but those to this machine's own processes (AF_UNIX)."""

import signal
import subprocess
from pathlib import Path

import pytest

from pipelines.home import Home
from tests.pipeline.homes import environment
from tests.pipeline.sealed import kernel_can_seal, sealed_command

REACHES_OUT = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
LOOKS_UP = "import socket; socket.getaddrinfo('clinic.invalid', 443)"
# As a library written in C does it, of which Python's own audit hears nothing.
REACHES_OUT_BELOW_PYTHON = "import ctypes; ctypes.CDLL(None).socket(2, 1, 0); print('got a socket')"
STARTS_ANOTHER = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {REACHES_OUT!r}])"
TALKS_TO_ITSELF = "import socket; socket.socketpair(); socket.socket(socket.AF_UNIX)"


def sealed_run(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    command, extra = sealed_command(folder, program)
    return subprocess.run(
        command, env=environment(extra), capture_output=True, text=True, check=False
    )


def test_a_whole_run_with_reports_ends_well_in_processes_that_can_open_no_internet_socket(
    demo: Home,
) -> None:
    # The demo's fixture asserts exit 0 and runs the command under the seal.
    seal = demo.root.with_name("demo-seal")
    sealed = (seal / "sealed").read_text(encoding="utf-8").splitlines()
    assert any("pipelines.cli" in line for line in sealed)
    assert any("pipelines.contracts.gx_worker" in line for line in sealed)
    assert not (seal / "attempts").exists(), (seal / "attempts").read_text(encoding="utf-8")
    assert list(demo.reports.glob("*/v1/director/index.html"))


@pytest.mark.parametrize("program", [REACHES_OUT, LOOKS_UP, STARTS_ANOTHER])
def test_the_seal_notices_a_process_that_reaches_for_the_network(
    tmp_path: Path, program: str
) -> None:
    sealed_run(tmp_path / "seal", program)
    assert (tmp_path / "seal" / "attempts").exists()


def test_the_seal_lets_processes_of_this_machine_talk(tmp_path: Path) -> None:
    done = sealed_run(tmp_path / "seal", TALKS_TO_ITSELF)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "seal" / "attempts").exists()


@pytest.mark.skipif(not kernel_can_seal(), reason="only Linux on x86-64 or Arm seals by the kernel")
def test_the_kernel_kills_a_library_that_asks_for_a_socket_below_python(tmp_path: Path) -> None:
    done = sealed_run(tmp_path / "seal", REACHES_OUT_BELOW_PYTHON)
    assert done.returncode == -signal.SIGSYS
    assert "got a socket" not in done.stdout
