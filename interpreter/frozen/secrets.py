# CPython's secrets on the board's random source.
from os import urandom
import binascii

DEFAULT_ENTROPY = 32


def randbits(k):
    return int.from_bytes(urandom((k + 7) // 8), "big") >> (-k % 8)


def randbelow(n):
    if n <= 0:
        raise ValueError("Upper bound must be positive.")
    k = (n - 1).bit_length() if hasattr(n, "bit_length") else len(bin(n)) - 2
    while True:
        r = randbits(k) if k else 0
        if r < n:
            return r


def choice(sequence):
    return sequence[randbelow(len(sequence))]


def token_bytes(n=None):
    return urandom(n or DEFAULT_ENTROPY)


def token_hex(n=None):
    return binascii.hexlify(token_bytes(n)).decode()


def token_urlsafe(n=None):
    s = binascii.b2a_base64(token_bytes(n), newline=False).decode()
    return s.replace("+", "-").replace("/", "_").rstrip("=")


def compare_digest(a, b):
    if len(a) != len(b):
        return False
    if isinstance(a, str):
        a, b = a.encode(), b.encode()
    different = 0
    for x, y in zip(a, b):
        different |= x ^ y
    return different == 0
