"""Bytes changed at random, as a fuzzer does it: the same seed gives the same bytes."""

from collections.abc import Sequence
from random import Random

# What readers stumble over, beside single bytes.
TOKENS: tuple[bytes, ...] = (
    b'"', b'""', b",", b";", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe",
    b"\xc3", b"\xe2\x80\xa8", b" ", b"\t", b"'", b"\\", b"{", b"}", b"[", b"]", b"null", b"NaN",
    b"1e999", b"-0", b"0001-01-01", b"9999-12-31", b"2024-02-30", b"2024-03-10T02:30:00",
    b'{"resourceType":"Patient"}', b'"resourceType":"Observation"', b"client_id", b"PK\x03\x04",
    b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"=1+1", b"99999999999999999999",
)  # fmt: skip


def mutated(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """The content with one to four changes; parts of `others` may be spliced in."""
    for _ in range(random.randint(1, 4)):
        content = _once(content, others, random)
    return content


def _once(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    end = min(len(content), at + random.choice((1, 2, 8, 64, 1_000)))
    match random.randrange(8):
        case 0:
            return content[:at] + random.choice(TOKENS) + content[at:]
        case 1:
            return content[:at] + random.choice(TOKENS) + content[end:]
        case 2:
            return content[:at] + content[end:]
        case 3:
            return content[:end] + content[at:end] * random.choice((1, 2, 50)) + content[end:]
        case 4:
            return content[:at]
        case 5:
            return content[:at] + random.randbytes(end - at) + content[end:]
        case 6:
            other = random.choice(others)
            start = random.randrange(len(other) + 1)
            return content[:at] + other[start : start + 500] + content[at:]
        case _:
            lines = content.split(b"\n")
            random.shuffle(lines)
            return b"\n".join(lines)
