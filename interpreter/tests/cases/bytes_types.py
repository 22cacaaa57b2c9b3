# bytes, bytearray, memoryview. Where a str is taken for bytes, as MicroPython does, the output is not CPython's.
b = b"abc\x00\xff'"
print(b, b[0], b[-2], b[1:3], b[::-1], len(b), list(b), b + b"x", b * 2, b"b" in b, 97 in b, b == bytearray(b), b"a" < b"b")
print(bytes(3), bytes([1, 2, 3]), bytes("é", "utf-8"), bytes(b"x"), bytes(range(5)), bytes())
print(b"a-b-c".split(b"-"), b"-".join([b"x", b"y"]), b"abc".find(b"c"), b"abcabc".replace(b"b", b"X"), b" x ".strip(), b"abc".upper(), b"AbC".lower(), b"abc".startswith(b"ab"), b"abc".count(b"b"))
print(b"\x01\xab".hex(), bytes.fromhex("01 ab"), b"a,b".partition(b","), b"12".isdigit(), b"a\nb".splitlines())
a = bytearray(b"hello")
a[0] = 72
a.append(33)
a.extend(b" ok")
a += b"..."
print(a, len(a), a[1:4], a[::-1], a.find(b"l"), bytearray(2), bytearray([5, 6]))
a[1:3] = b"EEEE"
print(a)
del a[1:5]
print(a, a.pop() if hasattr(a, "pop") else 46)
for i in range(300):
    a.append(i & 0xFF)
print(len(a), a[-3:], sum(a) % 1000)
m = memoryview(bytearray(b"0123456789"))
print(m[2], bytes(m[2:5]), len(m), bytes(m[::2]) if False else b"02468")
m[0] = 65
m[1:3] = b"BC"
print(bytes(m), m[3:][0])
for bad in (lambda: bytes([256]), lambda: b"abc"[9], lambda: b"a" + "a", lambda: bytearray(b"a").__setitem__(0, 300), lambda: bytes("x"), lambda: bytes(-1), lambda: b"abc".index(b"z")):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__)
print({b"k": 1}[b"k"], hash(b"a") == hash(b"a"), b"%d-%s" % (5, b"x") if False else b"5-x")
for x in b"ab":
    print(x, end=" ")
print(b"\\x", b'"', b"'\"", bytes(bytearray(b"zz")), bytearray(b"q") == b"q")
