# bytes, bytearray and memoryview: every method. Where a str is taken for bytes, as MicroPython does, the output is not CPython's.
def t(f, *args, **kw):
    try:
        print(repr(f(*args, **kw)))
    except Exception as e:
        print(type(e).__name__, e)

for B in (bytes, bytearray):
    b = B(b"Hello, World")
    for name in ("lower", "upper", "swapcase", "title", "capitalize", "isalpha", "isalnum", "isdigit", "isspace", "islower", "isupper", "istitle", "isascii", "strip", "split", "rsplit", "splitlines", "hex"):
        print(name, repr(getattr(b, name)()))
    t(b.find, b"o"); t(b.find, 111); t(b.find, b"o", 5); t(b.rfind, b"o"); t(b.find, "o"); t(b.find, 300); t(b.index, b"z"); t(b.rindex, b"l"); t(b.count, b"l"); t(b.count, 108); t(b.count, b"")
    t(b.startswith, b"He"); t(b.startswith, (b"x", b"He")); t(b.endswith, b"ld"); t(b.startswith, "He"); t(b.replace, b"l", b"LL"); t(b.replace, b"", b"."); t(b.replace, b"l", "x")
    t(b.split, b","); t(b.split, b"o", 1); t(b.rsplit, b"o", 1); t(b.split, ","); t(b.split, b""); t(b.partition, b", "); t(b.rpartition, b"o"); t(b.partition, b"zz"); t(b.partition, "x")
    t(b.strip, b"Hd"); t(b.lstrip, b"He"); t(b.rstrip, b"ld"); t(b.strip, "x"); t(B(b"-").join, [b"a", bytearray(b"b"), memoryview(b"c")]); t(B(b"").join, ["a"]); t(B(b",").join, 5)
    t(b.center, 16, b"*"); t(b.ljust, 14); t(b.rjust, 14, b"."); t(B(b"-5").zfill, 4); t(b.center, 16, "x"); t(B(b"a\tb").expandtabs, 4); t(b.removeprefix, b"Hello"); t(b.removesuffix, b"World")
    t(b.translate, bytes(range(256))); t(b.translate, None, b"lo"); t(b.translate, b"x"); t(b.translate, B.maketrans(b"lo", b"01")); t(B.maketrans, b"a", b"bc")
    t(b.decode); t(B(b"\xff").decode); t(B(b"\xff").decode, "latin-1"); t(B(b"a\xffb").decode, "utf-8", "ignore"); t(B(b"a\xffb").decode, "ascii", "replace"); t(B(b"\xc3").decode); t(B(b"\xe2\x28\xa1").decode); t(B(b"\xff").decode, "utf-8", "backslashreplace"); t(B(b"\x80").decode, "ascii")
    t(B.fromhex, "00 ff 1A"); t(B.fromhex, "0g"); t(B.fromhex, "0"); t(B.fromhex, 5); t(B(b"\x01\x02\x03\x04\x05").hex, ":"); t(B(b"\x01\x02\x03\x04\x05").hex, ":", 2); t(B(b"\x01\x02\x03\x04\x05").hex, ":", -2); t(B(b"ab").hex, "::")
    t(lambda: b[0]); t(lambda: b[-1]); t(lambda: b[99]); t(lambda: b["a"]); t(lambda: b[1:4]); t(lambda: b[::-1]); t(lambda: b[::3]); t(lambda: b[5:2]); t(lambda: b[::0])
    t(lambda: b + b"x"); t(lambda: b + bytearray(b"y")); t(lambda: b + "x"); t(lambda: b + 5); t(lambda: b * 2); t(lambda: 2 * b); t(lambda: b * "x"); t(lambda: b * -1)
    t(lambda: b"lo" in b); t(lambda: 111 in b); t(lambda: "o" in b); t(lambda: 300 in b); t(lambda: b == b"Hello, World"); t(lambda: b == "Hello, World"); t(lambda: b < b"I"); t(lambda: b < 5); t(lambda: b >= bytearray(b"A")); t(lambda: b != b"x")
    t(B); t(B, 3); t(B, [1, 2, 255]); t(B, [256]); t(B, [-1]); t(B, "a"); t(B, "é", "utf-8"); t(B, "é", "ascii"); t(B, -1); t(B, 1.5); t(B, ["a"]); t(B, (i for i in range(3))); t(B, None); t(B, b"x", "utf-8"); t(B, range(4)); t(B, memoryview(b"mv")); t(B, True)
    print(list(b)[:3], len(b), bool(B()), bool(b), repr(B(b"'\"\\\n\r\t\x00\x7f\xff")), repr(B(b"it's")), sorted(B(b"cab")), max(b), [x for x in reversed(b)][:2])
print(hash(b"ab") == hash(b"a" + b"b"), {b"a": 1}[b"a"], {b"a": 1} == {"a": 1})
t(hash, bytearray(b"a")); t(lambda: {bytearray(): 1})

a = bytearray(b"abc")
a.append(100); a.extend(b"ef"); a.extend([103, 104]); a.insert(0, 0x5f); a.insert(-1, 0x2d); a.insert(99, 0x21); print(a)
print(a.pop(), a.pop(0), a); a.remove(ord("c")); print(a); a.reverse(); print(a); print(a.copy(), a.copy() is a)
t(a.append, 256); t(a.append, "a"); t(a.remove, 1); t(a.pop, 99); t(bytearray().pop); t(a.extend, "abc"); t(a.extend, 5)
a[0] = 65; a[-1] = 66; print(a); a[1:3] = b"xyz!"; print(a); a[1:1] = [1, 2]; print(a); a[::2] = bytes(len(a[::2])); print(a); del a[0]; del a[2:4]; del a[::2]; print(a); a[1:] = a; print(a)
a[:] = b""; print(a)
a = bytearray(range(10)); del a[8:1:-3]; print(list(a)); a[2:2] = a; print(list(a)); a += b"\x63"; a += bytearray(b"\x64"); a *= 2; print(list(a)); a.clear(); print(a)
def setitem(x, i, v):
    x[i] = v
t(setitem, a, 0, 1); a = bytearray(5)
t(setitem, a, 0, 256); t(setitem, a, "x", 1); t(setitem, a, slice(0, 2), "ab"); t(setitem, a, slice(0, 2), 5); t(setitem, a, slice(None, None, 2), b"a"); t(setitem, b"abc", 0, 1)

m = memoryview(bytearray(b"abcdef"))
print(m[0], m[-1], m[1:4].tobytes(), bytes(m), len(m), m.tolist(), m.nbytes, m.itemsize, m.format, m.readonly)
m[0] = 65; m[1:3] = b"BC"; print(m.obj, m == b"ABCdef", m[2:] == bytearray(b"Cdef"), list(m[4:]), m[2:][1:].tobytes(), m.hex())
t(setitem, m, 9, 1); t(setitem, m, slice(0, 2), b"abc"); t(setitem, m, 0, 300); t(setitem, memoryview(b"ro"), 0, 1); t(memoryview, "str"); t(memoryview, 5); t(lambda: m["a"]); t(lambda: m[99])
print(bytearray(b"xy") + m[:2], b"".join([m[:1], b"z"]), hash(memoryview(b"ab")) == hash(b"ab"), memoryview(b"ro").readonly, 65 in m)
class Sub(bytes):
    pass
s = Sub(b"sub")
print(s, s == b"sub", s.upper(), len(s), s + b"!", {s: 1}[b"sub"], isinstance(s, bytes))
