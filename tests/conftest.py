"""What holds for every test: no network, no telemetry, no home but a temporary one."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Before any import of Dagster or Great Expectations, whose modules read these.
_SCRATCH = tempfile.TemporaryDirectory(prefix="clinic-outcomes-tests-")
_DAGSTER_HOME = Path(_SCRATCH.name) / "dagster"
_DAGSTER_HOME.mkdir()
(_DAGSTER_HOME / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
os.environ["DAGSTER_HOME"] = str(_DAGSTER_HOME)
os.environ["GX_ANALYTICS_ENABLED"] = "False"
os.environ.pop("OUTCOMES_HOME", None)
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    # Nothing may be written beside the sources: then beside the other scratch, or each program that
    # a test starts would compile the libraries anew, for longer than it runs. Workers inherit it.
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(_SCRATCH.name) / "bytecode")

import pytest  # noqa: E402 - the environment comes first
from hypothesis import HealthCheck, settings  # noqa: E402
from hypothesis.internal.conjecture import providers  # noqa: E402
from hypothesis.internal.constants_ast import Constants  # noqa: E402

settings.register_profile(
    "default",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, max_examples=60)
settings.register_profile("nightly", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
if settings.get_current_profile_name() == "ci":
    # Hypothesis also draws numbers and words that it finds in our modules, in those that are loaded
    # by then: what a test is given would depend on the tests before it in the same worker.
    assert callable(providers._get_local_constants)
    _NO_CONSTANTS = Constants()
    providers._get_local_constants = lambda: _NO_CONSTANTS


class SocketRefusedError(RuntimeError):
    """A test, or what it ran, reached for the network."""


_refuse_all = False


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: refuses addresses beyond this machine, and every internet socket on demand."""
    if event == "socket.connect":
        address = arguments[1]
        if not isinstance(address, tuple) or str(address[0]) in {"127.0.0.1", "::1", "localhost"}:
            return
        raise SocketRefusedError("a connection to another machine")
    if event == "socket.getaddrinfo" and arguments[0] not in {
        None,
        "",
        "127.0.0.1",
        "::1",
        "localhost",
        b"127.0.0.1",
        b"localhost",
    }:
        raise SocketRefusedError("a look-up of another machine's address")
    # Families: 2 is AF_INET, 10 (Linux) and 30 (macOS) are AF_INET6.
    if _refuse_all and event == "socket.__new__" and arguments[1] in {2, 10, 30}:
        raise SocketRefusedError("an internet socket")


sys.addaudithook(_guard)


@pytest.fixture
def no_sockets() -> Iterator[None]:
    """Refuses every internet socket in this process, those to this machine included."""
    global _refuse_all
    _refuse_all = True
    yield
    _refuse_all = False
