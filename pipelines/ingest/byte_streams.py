"""Bytes of a delivered file, decompressed as they are read, whatever its name says.

A landed file has no extension, and an extension may be wrong anyway, so the first bytes decide.
What the bytes mean is for the readers beside this module.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import zstandard

Packing = Literal["none", "gzip", "zstd", "parquet"]

CHUNK_BYTES = 1 << 22

_MAGIC: tuple[tuple[bytes, Packing], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PAR1", "parquet"),
)


def packing_of(path: Path) -> Packing:
    """How the file is packed, by its first bytes."""
    with path.open("rb") as handle:
        start = handle.read(4)
    for magic, packing in _MAGIC:
        if start.startswith(magic):
            return packing
    return "none"


@dataclass
class ByteStream:
    """Chunks of a file's decompressed bytes; `is_whole` is known once they are used up.

    A stream that breaks off (a truncated or damaged compressed file) ends early instead of
    raising: what came before is still good, and the reader says what is lost.
    """

    path: Path
    packing: Packing
    is_whole: bool = True

    def __iter__(self) -> Iterator[bytes]:
        self.is_whole = True
        with self.path.open("rb") as handle:
            packed = iter(lambda: handle.read(CHUNK_BYTES), b"")
            if self.packing == "gzip":
                yield from self._unpacked_gzip(packed)
            elif self.packing == "zstd":
                yield from self._unpacked_zstd(packed)
            else:
                yield from packed

    def _unpacked_gzip(self, packed: Iterator[bytes]) -> Iterator[bytes]:
        member = zlib.decompressobj(wbits=31)
        try:
            for rest in _slices(packed, 1 << 16):
                while rest:
                    if member.eof:
                        member = zlib.decompressobj(wbits=31)
                    # Bounded output: a small file may unpack to very much.
                    if data := member.decompress(rest, CHUNK_BYTES):
                        yield data
                    rest = member.unused_data if member.eof else member.unconsumed_tail
                    if member.eof and not rest.strip(b"\0"):
                        rest = b""
        except zlib.error:
            self.is_whole = False
            return
        self.is_whole = member.eof

    def _unpacked_zstd(self, packed: Iterator[bytes]) -> Iterator[bytes]:
        decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        frame = decompressor.decompressobj()
        try:
            # A call unpacks all that it is given: there is no limit on output as zlib has it.
            for rest in _slices(packed, 1 << 12):
                while rest:
                    if frame.eof:
                        frame = decompressor.decompressobj()
                    if data := frame.decompress(rest):
                        yield data
                    rest = frame.unused_data if frame.eof else b""
        except zstandard.ZstdError:
            self.is_whole = False
            return
        self.is_whole = frame.eof


def _slices(chunks: Iterator[bytes], n_bytes: int) -> Iterator[bytes]:
    """Small pieces: what a damaged place or a zip bomb costs is one piece's output."""
    for chunk in chunks:
        for start in range(0, len(chunk), n_bytes):
            yield chunk[start : start + n_bytes]


def first_bytes(path: Path, packing: Packing, n_bytes: int) -> bytes:
    """Up to `n_bytes` decompressed bytes from the start of a file."""
    found = b""
    for chunk in ByteStream(path, packing):
        found += chunk
        if len(found) >= n_bytes:
            break
    return found[:n_bytes]
