# CPython's base64 on binascii.
import binascii

_B32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _bytes(s):
    return s.encode("ascii") if isinstance(s, str) else bytes(s)


def _swap(s, old, new):
    out = bytearray(s)
    for i, c in enumerate(out):
        at = old.find(bytes([c]))
        if at >= 0:
            out[i] = new[at]
    return bytes(out)


def b64encode(s, altchars=None):
    out = binascii.b2a_base64(s, newline=False)
    return _swap(out, b"+/", altchars) if altchars else out


def b64decode(s, altchars=None, validate=False):
    s = _bytes(s)
    if altchars is not None:
        s = _swap(s, _bytes(altchars), b"+/")
    letters = bytes([c for c in s if chr(c).isalpha() or chr(c).isdigit() or c in b"+/="])
    if validate and len(letters) != len(s):
        raise binascii.Error("Only base64 data is allowed")
    return binascii.a2b_base64(letters)


def standard_b64encode(s):
    return b64encode(s)


def standard_b64decode(s):
    return b64decode(s)


def urlsafe_b64encode(s):
    return b64encode(s, b"-_")


def urlsafe_b64decode(s):
    return b64decode(s, b"-_")


encodebytes = binascii.b2a_base64
decodebytes = binascii.a2b_base64


def b16encode(s):
    return binascii.hexlify(s).upper()


def b16decode(s, casefold=False):
    s = _bytes(s)
    if s.upper() != s and not casefold:
        raise binascii.Error("Non-base16 digit found")
    return binascii.unhexlify(s)


def b32encode(s):
    out = bytearray()
    for i in range(0, len(s), 5):
        part = bytes(s[i : i + 5])
        n = int.from_bytes(part + bytes(5 - len(part)), "big")
        digits = (len(part) * 8 + 4) // 5
        for k in range(8):
            out.append(_B32[n >> (35 - 5 * k) & 31] if k < digits else 61)
    return bytes(out)


def b32decode(s, casefold=False, map01=None):
    s = _bytes(s)
    if len(s) % 8:
        raise binascii.Error("Incorrect padding")
    out = b""
    if casefold:
        s = s.upper()
    for i in range(0, len(s), 8):
        part = s[i : i + 8].rstrip(b"=")
        n = 0
        for c in part:
            digit = _B32.find(bytes([c]))
            if digit < 0:
                raise binascii.Error("Non-base32 digit found")
            n = n << 5 | digit
        if len(part) not in (2, 4, 5, 7, 8):
            raise binascii.Error("Incorrect padding")
        out += (n << 5 * (8 - len(part))).to_bytes(5, "big")[: len(part) * 5 // 8]
    return out
