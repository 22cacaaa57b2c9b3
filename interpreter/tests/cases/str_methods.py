# Every method of str, with odd arguments.
def t(f, *args, **kw):
    try:
        print(repr(f(*args, **kw)))
    except Exception as e:
        print(type(e).__name__, e)

S = "hello"
U = "grüße, 世界🦀"
for s in ("", "a", "hello world", "  x y  ", "\tTab\n", "A,b,,C", U, "ǅ", "ß"):
    for name in ("lower", "upper", "swapcase", "title", "capitalize", "casefold", "isalpha", "isalnum", "isdigit",
                 "isdecimal", "isspace", "islower", "isupper", "istitle", "isidentifier", "isprintable", "isascii",
                 "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines"):
        if name == "title" and s == "ǅ" or name == "capitalize" and s in ("ǅ", "ß") or name in ("istitle", "islower", "isupper", "swapcase") and s == "ǅ":
            continue  # title case letters are not distinguished
        if name == "title" and s == "ß":
            continue
        print(name, repr(getattr(s, name)()))
t(S.find, "l"); t(S.find, "l", 3); t(S.find, "l", 4); t(S.find, ""); t(S.find, "", 5); t(S.find, "", 6)
t(S.find, "lo", -2); t(S.find, "lo", None, -1); t(S.rfind, "l"); t(S.rfind, "l", 0, 3); t(S.rfind, "")
t(S.index, "z"); t(S.rindex, "z"); t(S.index, "e"); t(S.rindex, "l"); t(S.find, 5)
t(S.count, "l"); t(S.count, ""); t(S.count, "l", 3); t("aaaa".count, "aa"); t(U.count, "")
t(U.find, "世"); t(U.find, "🦀"); t(U.rfind, "ü", 1, 3); t(U.index, "界", 5); t(U.find, "ß", 4)
t(S.startswith, "he"); t(S.startswith, ("x", "he")); t(S.startswith, "el", 1); t(S.startswith, ()); t(S.startswith, "", 9)
t(S.endswith, "lo"); t(S.endswith, ("x", "lo")); t(S.endswith, "l", 0, -1); t(S.startswith, 5); t(S.endswith, ("lo", 5))
t(S.startswith, ("x", 5))
t(S.replace, "l", "L"); t(S.replace, "l", "L", 1); t(S.replace, "", "-"); t(S.replace, "", "-", 3); t(S.replace, "z", "y")
t(S.replace, "l", ""); t(U.replace, "世", "x"); t(S.replace, 1, "a"); t(S.replace, "a", 1); t("".replace, "", "x"); t(S.replace, "l", "L", 0)
t("a,b,c".split, ","); t("a,b,c".split, ",", 1); t("a,b,c".rsplit, ",", 1); t("a  b ".split, " "); t("a".split, "")
t(" a b  c ".split, None, 1); t(" a b  c ".rsplit, None, 1); t("a,b".split, sep=","); t("a b c".split, maxsplit=1)
t("abc".split, 5); t("".split); t("".split, ","); t("a--b--c".split, "--"); t("a--b--c".rsplit, "--", 1); t(" ".split, " ")
t("a b c".split, None, 0); t("  a b c".split, None, 0); t("a b  ".rsplit, None, 0); t("a\u2003b\x1cc".split)
t("a\nb\r\nc\rd\x0be\x85f\u2028g".splitlines); t("a\nb\r\nc".splitlines, True); t("\n\n".splitlines); t("a\n".splitlines, keepends=True)
t("a.b.c".partition, "."); t("a.b.c".rpartition, "."); t("abc".partition, "."); t("abc".rpartition, "."); t("a".partition, "")
t("xxaxx".strip, "x"); t("xyaxy".lstrip, "yx"); t("xyaxy".rstrip, "yx"); t("üaü".strip, "ü"); t("a".strip, 5); t(" a ".strip, None)
t("abc".strip, "")
t(",".join, ["a", "b"]); t(",".join, []); t("".join, ("x",)); t(",".join, ["a", 1]); t(",".join, 5); t(",".join, "abc"); t("ü".join, ["a", "b"])
t(", ".join, (str(i) for i in range(4))); t("-".join, {"a": 1, "b": 2})
t("a\tb\t\tc".expandtabs); t("a\tb\n\tc".expandtabs, 4); t("\t".expandtabs, 0); t("ab\tc".expandtabs, tabsize=2)
t("abc".center, 8); t("abc".center, 8, "*"); t("abcd".center, 7, "-"); t("ab".center, 5, "-"); t("a".center, 0); t("abc".ljust, 5, "."); t("abc".rjust, 5, ".")
t("ü".center, 4, "→"); t("a".center, 4, "xy"); t("a".ljust, 4, 5); t("42".zfill, 5); t("-42".zfill, 5); t("+4".zfill, 5); t("abc".zfill, 2); t("".zfill, 2); t("--1".zfill, 6)
t("prefix-x".removeprefix, "prefix-"); t("x".removeprefix, "y"); t("x.py".removesuffix, ".py"); t("x".removesuffix, "")
t("abc".translate, {97: "AA", 98: None, 99: 100}); t("abc".translate, {}); t("aé".translate, str.maketrans("aé", "éa"))
t("abc".translate, str.maketrans("ab", "xy", "c")); t(str.maketrans, {"a": 1, 98: "z"}); t(str.maketrans, "ab", "c"); t(str.maketrans, 5)
t("hi".encode); t("é".encode, "latin-1"); t("é".encode, "ascii"); t("é".encode, "ascii", "ignore"); t("é→".encode, "ascii", "replace"); t("é→🦀".encode, "ascii", "backslashreplace")
t("é".encode, "nope"); t("→".encode, "latin-1"); t("é".encode, encoding="utf8")
t(str, b"abc", "ascii"); t(str, b"\xff", "utf-8"); t(str, b"a\xffb", "utf-8", "replace"); t(str, b"\xe4\xb8", "utf-8"); t(str, b"abc"); t(str); t(str, 5); t(str, "x", "utf-8")
t(lambda: S[0] + S[-1]); t(lambda: S[5]); t(lambda: S[-6]); t(lambda: S["x"]); t(lambda: S[1.0]); t(lambda: U[1] + U[-1] + U[7])
for a in (None, 0, 1, -1, 3, 20, -20):
    for b in (None, 2, -2, 9):
        for c in (None, 1, 2, -1, -3):
            print(S[a:b:c], U[a:b:c], end="|")
print()
t(lambda: S[::0]); t(lambda: S["a":]); t(lambda: S + 5); t(lambda: 5 + S); t(lambda: S * 2); t(lambda: 3 * "ab"); t(lambda: S * -1); t(lambda: S * "a"); t(lambda: S * 1.5)
t(lambda: "ell" in S); t(lambda: "" in S); t(lambda: 5 in S); t(lambda: "世" in U); t(lambda: "x" not in S)
t(lambda: "a" < "b"); t(lambda: "a" < "B"); t(lambda: "abc" <= "abd"); t(lambda: "a" < 5); t(lambda: "a" == 5); t(lambda: "é" > "z"); t(lambda: "🦀" > "世"); t(lambda: "ab" >= "ab")
print(list("aé世🦀"), len(U), hash("abc") == hash("ab" + "c"), list(reversed("aé世")))
print(repr("it's"), repr('say "hi"'), repr("both ' and \""), repr("\x00\x1f\x7f\xa0\u200b\ue000\U0001f980\\\n\r\t"))
class Sub(str):
    def extra(self):
        return self + "!"
x = Sub("sub")
print(x.extra(), x.upper(), x == "sub", len(x), {x: 1}["sub"], x + x, "pre" + x, ",".join([x, "a"]), x in "a sub b", isinstance(x, str), "%s" % x, x[1:])
