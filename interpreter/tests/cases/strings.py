# str: methods, slices, escapes, searching, characters that take more than a byte.
s = "Hello, World"
print(s[0], s[-1], s[3:8], s[::-1], s[::2], s[-5:], s[:-7], s[10:2:-2], len(s), s * 2, s + "!", "x" in s, "World" in s)
print(repr("a'b"), repr('a"b'), repr("a'b\"c"), repr("tab\tnl\n\x00\x7f\\"), "\x41\u00e9\101")
print(s.upper(), s.lower(), s.swapcase(), s.title(), "hELLO".capitalize(), "ß".upper() if False else "")
print(s.find("o"), s.find("o", 5), s.find("z"), s.rfind("o"), s.index("W"), s.count("l"), s.count(""), "aaaa".count("aa"))
print(s.startswith("Hell"), s.startswith(("x", "He")), s.endswith("ld"), s.startswith("W", 7), "".startswith(""))
print("  pad ".strip() + "|", "xxaxx".strip("x"), "xxaxx".lstrip("x"), "xxaxx".rstrip("x"), "abc".strip("ca"))
print("a,b,,c".split(","), " a  b c ".split(), "a,b,c".split(",", 1), "a,b,c".rsplit(",", 1), "".split(), "".split(","), "a b  c".split(None, 1))
print("l1\nl2\r\nl3\rl4".splitlines(), "a\n\nb\n".splitlines(True), "k=v=w".partition("="), "k=v=w".rpartition("="), "kv".partition("="))
print("-".join(["a", "b", "c"]), "".join([]), ",".join("xyz"), "abcabc".replace("b", "X"), "aaa".replace("a", "b", 2), "abc".replace("", "-"))
print("abc".center(9, "*"), "abc".ljust(6, "."), "abc".rjust(6), "42".zfill(5), "-42".zfill(5), "a\tb".expandtabs(4))
print("abc".isalpha(), "123".isdigit(), "a1".isalnum(), " \t".isspace(), "ABC".isupper(), "abc".islower(), "".isalpha(), "abc_1".isidentifier())
print("prefix-body".removeprefix("prefix-"), "body.txt".removesuffix(".txt"), "abc".removeprefix("x"))
u = "äöü €uro 😀 end"
print(len(u), u[0], u[4], u[9], u[-1], u[::-1], u.find("😀"), u.upper(), u[2:10], list(u[:3]), u.encode(), u.index("e"))
print("ä" < "b", "a" < "ä", ord("€"), chr(8364), chr(128512), "€" in u, u.replace("€", "E"), u.split("€"), repr(u))
print("abc" < "abd", "abc" < "abcd", "" < "a", "a" == "a", "a" != "b", max("hello"), min("hello"), sorted("hello"))
for i, c in enumerate("añb"):
    print(i, c, end=";")
print()
print("abc".encode(), b"abc".decode(), "é".encode("utf-8"), bytes("x", "ascii"), str(b"abc", "utf-8"), "a".encode() + b"b")
for bad in (lambda: "abc"[5], lambda: "abc".index("z"), lambda: "a" + 1, lambda: "a" * "b", lambda: b"\xff".decode(),
            lambda: "abc".split(""), lambda: "".join([1]), lambda: ord("ab"), lambda: chr(-1), lambda: "x".encode("ascii", 3) if False else int("x")):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
t = ""
for i in range(100):
    t += str(i)
print(len(t), t[50:70], hash("a" + "bc") == hash("abc"), {"a" + "b": 1}["ab"])
print("%s|%r|%5d|%-5d|%05d|%x|%X|%o|%c|%%|%+d|%.3s" % ("s", "r", 42, 42, 42, 255, 255, 8, "c", 5, "abcdef"))
print("%(a)s %(b)d" % {"a": 1, "b": 2}, "%s" % (1,), "%s" % [1, 2], "%*d" % (6, 42), "%.*f" % (1, 2.25))
print("{} {}".format(1, "a"), "{1} {0}".format("x", "y"), "{a} {b[0]} {c.real}".format(a=1, b=[2], c=3), "{{}}".format(), "{!r:>6}".format("a"))
print("{:5}|{:<5}|{:^5}|{:>5}|{:*^7}".format("a", "b", "c", "d", "e"), "{:d} {:x} {:#x} {:b} {:,}".format(5, 255, 255, 5, 1234567), "{:{}}|".format("a", 4))
for bad in (lambda: "%d" % "a", lambda: "%s %s" % (1,), lambda: "%s" % (1, 2), lambda: "{} {}".format(1), lambda: "{a}".format(), lambda: "%z" % 1, lambda: "{0} {}".format(1, 2)):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
print("a" "b" 'c', """multi
line""", r"raw\n", "cont\
inued", "\
x")
print("abc".translate({97: "X", 98: None}), "abc".translate(str.maketrans("ab", "xy")), "x".isprintable() if hasattr("", "isprintable") else True)
print("%s" % None, str(None), str(True), str([1, "a", None]), str((1,)), str({"k": "v"}), str(1.5), "a".__len__(), "abc".__contains__("b"))
