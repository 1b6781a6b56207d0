"""Seeded damage to files, as broken disks, cut transfers and bad exporters do it."""

from __future__ import annotations

import random

KINDS = ("truncate", "flip header", "flip anywhere", "digit", "word", "delete", "insert", "zeros", "repeat")


def damaged(data: bytes, seed: int) -> tuple[bytes, str]:
    """A damaged copy of a file, and the kind of damage; the same for the same seed."""
    chance = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    out = bytearray(data)
    head = min(len(data), 1200)
    at = chance.randrange(len(data))
    size = chance.choice((1, 3, 17, 300))
    if kind == "truncate":
        del out[chance.choice((at, chance.randrange(head), len(data) - 1 - chance.randrange(20))) :]
    elif kind in ("flip header", "flip anywhere"):
        for _ in range(chance.choice((1, 2, 8))):
            out[chance.randrange(head if kind == "flip header" else len(data))] ^= 1 << chance.randrange(8)
    elif kind == "digit":
        digits = [n for n in range(head) if 0x30 <= data[n] <= 0x39] or [at]
        out[chance.choice(digits)] = chance.choice(b"0123456789-.eE ")
    elif kind == "word":
        spot = chance.randrange(head)
        out[spot : spot + 4] = chance.choice(
            (b"\xff\xff\xff\xff", b"\0\0\0\x80", b"nan ", b"-1 \n", b"\0\0\xc0\x7f")
        )
    elif kind == "delete":
        del out[at : at + size]
    elif kind == "insert":
        out[at:at] = bytes(chance.randrange(256) for _ in range(size))
    elif kind == "zeros":
        out[at : at + 300] = bytes(len(out[at : at + 300]))
    else:
        out[at:at] = out[at : at + size]
    return bytes(out), kind
