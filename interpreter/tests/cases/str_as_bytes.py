# A str where bytes are wanted, as on every board with MicroPython.
import binascii
import hashlib
import re
import struct
import time

print(b"%s /%s HTTP/1.0\r\n" % ("GET", "x"), b"%-4s|%.2s" % ("a", "abc"))
print(b"{}-{:03d}".format("a", 2), b"{x!r}".format(x=1))
print(b"a" + "\u00e9", b"" + "")
b = bytearray(b"a")
b += "bc"
b.extend(b"d")
print(b, b + "e")
print(b"abc".startswith("a"), b"abc".endswith(("x", "c")), "b" in b"abc", "x" in b"abc", 97 in b"abc")
print(hashlib.sha256("abc").digest() == hashlib.sha256(b"abc").digest(), binascii.hexlify("ab"))
print(struct.unpack("<H", "ab"), struct.pack("3s", "abc"))
print(re.sub("a", "b", b"aa"), re.match(b"(a+)", "aab").group(1), re.split(",", b"1,2"), re.search("\u00e9", "x\u00e9".encode()).span())
print(int.from_bytes(b"\xff\xff", "little", True), (5).to_bytes(2, "big", False), int.from_bytes(b"\1\2", "big", signed=True))
print(time.sleep(-1), time.sleep_ms(-1))

# The other way round, and where a value would get lost, it stays an error.
for source in ('"a" + b"b"', '"".join([b"a"])', 'b",".join(["a"])', 'b"abc".find("b")', 'bytes("abc")', 'b"a" in "abc"', 're.match(b"\\xff", "a")', 'b"a" + 1'):
    try:
        print(eval(source))
    except TypeError as e:
        print(source, "TypeError:", e)

# A view of a str can be read; the address of an interned one cannot be had.
import uctypes
view = memoryview("abc")
print(view[1], bytes(view[1:]), len(view))
for wrong in (lambda: uctypes.addressof("abc"), lambda: uctypes.addressof(view)):
    try:
        print(wrong())
    except TypeError as e:
        print("TypeError:", e)
try:
    view[0] = 1
except TypeError as e:
    print("TypeError:", e)
