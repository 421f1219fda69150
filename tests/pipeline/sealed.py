"""Runs a command in a process, and processes it starts, that can open no internet socket.

As a program (`python sealed.py PROGRAM ARGUMENTS...`) it seals itself and becomes the Python that
runs PROGRAM, by default the `outcomes` command. Two seals, because each has a gap that the other closes:

- On Linux the kernel kills a process that asks for a socket of any family but AF_UNIX, whichever
  library asks (seccomp; inherited by every process that is started).
- Everywhere, Python itself refuses internet sockets and look-ups of addresses (an audit hook in a
  `sitecustomize` on PYTHONPATH, thus in every Python that is started), and notes each attempt.

Each Python process notes its command line, so that a test can ask which were sealed.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from pathlib import Path

OUTCOMES = "from pipelines.cli import main; main()"
SITECUSTOMIZE = '''\
"""Refuses the network in every Python of a sealed run."""

import os
import sys

FOLDER = os.environ["SEAL_FOLDER"]


def note(name, text):
    descriptor = os.open(f"{FOLDER}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{text}\\n".encode())
    os.close(descriptor)


def refuse(event, arguments):
    asks = event == "socket.__new__" and arguments[1] in (2, 10, 30)
    if asks or event in ("socket.getaddrinfo", "socket.gethostbyname"):
        note("attempts", f"{event} in {sys.orig_argv[1:4]}")
        raise PermissionError("no network in this test")


sys.addaudithook(refuse)
note("sealed", " ".join(sys.orig_argv))
'''

# Numbers of linux/seccomp.h, linux/filter.h and linux/audit.h.
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
KILL_PROCESS, ALLOW = 0x80000000, 0x7FFF0000
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER_OFFSET, ARCHITECTURE_OFFSET, FIRST_ARGUMENT_OFFSET = 0, 4, 16
# Architecture's number and that of its call for a socket.
KNOWN = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
AF_UNIX = 1


def kernel_can_seal() -> bool:
    """Whether this machine's kernel can be asked to refuse sockets."""
    return sys.platform == "linux" and platform.machine() in KNOWN


def sealed_command(folder: Path, program: str = OUTCOMES) -> tuple[list[str], dict[str, str]]:
    """What to put before the arguments of the command, and what to add to its environment.

    `folder` is made; afterwards it holds `sealed`, one line per Python process, and `attempts`,
    which is there only when one reached for the network.
    """
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    root = Path(__file__).parents[2]
    environment = {
        "SEAL_FOLDER": str(folder),
        "PYTHONPATH": os.pathsep.join([str(folder), str(root)]),
    }
    return [sys.executable, str(Path(__file__).resolve()), program], environment


def seal_by_kernel() -> None:
    """Let the kernel kill this process, or one that it starts, when it asks for the network."""
    architecture, socket_call = KNOWN[platform.machine()]
    program = b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in (
            (LOAD, 0, 0, ARCHITECTURE_OFFSET),
            (IF_EQUAL, 1, 0, architecture),
            (RETURN, 0, 0, KILL_PROCESS),
            (LOAD, 0, 0, NUMBER_OFFSET),
            (IF_EQUAL, 0, 3, socket_call),
            (LOAD, 0, 0, FIRST_ARGUMENT_OFFSET),
            (IF_EQUAL, 1, 0, AF_UNIX),
            (RETURN, 0, 0, KILL_PROCESS),
            (RETURN, 0, 0, ALLOW),
        )
    )
    instructions = ctypes.create_string_buffer(program)
    # struct sock_fprog: how many instructions of eight bytes, and where they are.
    packed = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    described = ctypes.create_string_buffer(packed)
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_void_p(ctypes.addressof(described)), 0, 0),
    ):
        if libc.prctl(*arguments) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"the kernel refused the seal ({errno.errorcode[number]})")


if __name__ == "__main__":
    if kernel_can_seal():
        seal_by_kernel()
    os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
