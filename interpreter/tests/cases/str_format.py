# str.format, % and format().
def t(f, *args, **kw):
    try:
        print(repr(f(*args, **kw)))
    except Exception as e:
        print(type(e).__name__, e)

class P:
    x = 5
    def __init__(self, y):
        self.y = y
    def __repr__(self):
        return "P(%r)" % self.y
    def __format__(self, spec):
        return "<%s|%s>" % (self.y, spec)
class Q:
    def __str__(self):
        return "Q!"

p = P("é")
t("{}".format, 1); t("{} {}".format, 1); t("{0}{1}{0}".format, "a", "b"); t("{a}{b}".format, a=1, b=2); t("{a}".format, b=2)
t("{0.x} {0.y}".format, p); t("{0[1]} {0[k]}".format, {1: "one", "k": "v"}); t("{0[0][1]}".format, ["ab"]); t("{a[b].y}".format, a={"b": p})
t("{!r} {!s} {!a}".format, "é", "é", "é"); t("{:>10}|{:<5}|{:^7}".format, "a", "b", "c"); t("{:*^9}".format, "mid"); t("{:{}}".format, "a", 5); t("{:{w}.{p}}".format, "abcdef", w=8, p=3)
t("{:spec}".format, p); t("{!r:>8}".format, p); t("{}".format, Q()); t("{:5}".format, Q()); t("{:5}".format, None); t("{:}".format, None); t("{:>6}".format, True); t("{}".format, True)
t("{{}} {{{}}}".format, 1); t("{".format); t("}".format, 1); t("{0".format, 1); t("{0} {}".format, 1); t("{} {0}".format, 1); t("{!x}".format, 1); t("{0!rx}".format, 1)
t("{0.}".format, 1); t("{0[}".format, 1); t("{0[0]x}".format, "a"); t("{1}".format, 1); t("{0.nope}".format, 1); t("{:{:{}}}".format, 1, 2, 3)
t("{a[x]}".format_map, {"a": {"x": 3}}); t("{b}".format_map, {"a": 1})
class Default(dict):
    def __missing__(self, k):
        return "<" + k + ">"
t("{b}".format_map, Default())
for spec in ("", "d", "5", "<5", "^5", ">5", "05", "+", " ", "x", "X", "#x", "b", "#b", "o", "#o", ",", "_", "c", "e", ".2f", "g", "%", "n", "*>8d", "=+8", "s", ".3", "#010x", "_b"):
    t(format, 1234, spec)
for v in (0, -1, True, 1 << 70, -(1 << 70)):
    for spec in ("", "d", "x", "+,d", ">30", "030", "_x", "#b"):
        t(format, v, spec)
for v in (0.0, -0.0, 1.5, -2.25, 1e10, 1.5e-7, 100.0, 0.1):
    for spec in ("", "f", ".0f", ".1f", "e", ".2e", "g", ".3g", "%", "+.1f", "08.2f", ",", ",.2f", ">10.1f", "<10", "#.0f", "G", "E"):
        t(format, v, spec)
for v in (float("inf"), -float("inf"), float("nan")):
    for spec in ("", "f", "5.1f", "e", "F", "010", "+", "%"):
        t(format, v, spec)
for spec in ("", "s", "5", ".1", "<5", "^6.2", "=5", "+", ",", "d", "#", "05", "🦀>5", "5s", "z"):
    t(format, "añ", spec)
t(format, 1, "q"); t(format, 1.0, "d"); t(format, "a", "d"); t(format, [], "5"); t(format, [1], ""); t(format, 300, "c"); t(format, 1 << 40, "c"); t(format, 1.0, "99999999999999999999")
t(lambda: "%d %i %u" % (1, -2, 3)); t(lambda: "%5d|%-5d|%05d|%+d|% d" % (1, 2, 3, 4, 5)); t(lambda: "%x %X %#x %o %#o" % (255, 255, 255, 8, 8))
t(lambda: "%f %.1f %5.2f %e %g %G" % (1.5, 1.25, 2.125, 1e10, 1e-10, 1e-10)); t(lambda: "%s %r %a" % ("é", "é", "é")); t(lambda: "%c%c" % (65, "é")); t(lambda: "%5s|%-5s|%.2s" % ("a", "b", "cde"))
t(lambda: "%d" % 3.7); t(lambda: "%d" % -3.7); t(lambda: "%d" % (1 << 70)); t(lambda: "%x" % -(1 << 70)); t(lambda: "%.3d" % 5); t(lambda: "%+.3d" % 5); t(lambda: "%5.3d|%-6.3x|" % (5, 10))
t(lambda: "%d" % "x"); t(lambda: "%x" % 1.5); t(lambda: "%f" % "x"); t(lambda: "%c" % "ab"); t(lambda: "%c" % -1); t(lambda: "%d" % True); t(lambda: "%s %s" % (1,)); t(lambda: "%s" % (1, 2)); t(lambda: "%s" % ((1, 2),)); t(lambda: "x" % 1); t(lambda: "x" % ()); t(lambda: "x" % {})
t(lambda: "%(a)s %(b)d" % {"a": 1, "b": 2}); t(lambda: "%(a)s" % 5); t(lambda: "%(a)s" % {}); t(lambda: "%(a" % {}); t(lambda: "%" % ()); t(lambda: "%y" % 1); t(lambda: "%%" % ()); t(lambda: "%5%" % () if False else "")
t(lambda: "%*d|%-*d|%.*f" % (5, 1, 5, 2, 1, 2.55)); t(lambda: "%*d" % (-5, 1)); t(lambda: "%*d" % ("a", 1)); t(lambda: "%s" % None); t(lambda: "%s" % [1, "a"]); t(lambda: "%s" % p); t(lambda: "%r" % p); t(lambda: "%i" % Q())
t(lambda: b"%d %s %b" % (1, b"x", bytearray(b"y"))); t(lambda: b"%s" % "x"); t(lambda: b"%c%c" % (65, b"b")); t(lambda: b"%5s|%-5s|%.1s" % (b"a", b"b", b"cd")); t(lambda: bytearray(b"%x") % 255); t(lambda: b"%c" % 300)
w, n = 10, 3.14159
print(f"{n:.2f}|{n:{w}.3}|{n!r:>12}|{w:#x}|{'a' + 'b'}|{w=}|{n=:.1f}|{p:q}|{ {'a': 1}['a'] }|{{}}")
