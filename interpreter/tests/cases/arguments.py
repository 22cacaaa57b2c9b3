# argparse against CPython.
import argparse


def make(**kw):
    return argparse.ArgumentParser(prog="prog", exit_on_error=False, **kw)


def attempt(p, line):
    try:
        print(p.parse_args(line.split()))
    except (argparse.ArgumentError, SystemExit) as e:
        print(type(e).__name__, e)


class Quiet(argparse.ArgumentParser):
    def error(self, message):
        raise ValueError(message)


def both(p, lines):
    for line in lines:
        try:
            print(line, "->", sorted(vars(p.parse_args(line.split())).items()))
        except ValueError as e:
            print(line, "->", e)


def vars(n):
    return n.__dict__


p = Quiet(prog="prog", description="A program that does things. " * 5, epilog="The end.")
p.add_argument("source", help="where from")
p.add_argument("target", nargs="?", default="out", help="where to (default: %(default)s)")
p.add_argument("-n", "--number", type=int, default=3, metavar="N", help="a number")
p.add_argument("-v", "--verbose", action="count", default=0, help="say more; " * 12)
p.add_argument("-q", action="store_true")
p.add_argument("--colour", choices=["red", "blue"], help="one of %(choices)s")
p.add_argument("--pair", nargs=2, type=float, metavar=("X", "Y"))
p.add_argument("--list-of-things", nargs="*")
p.add_argument("--add", action="append")
p.add_argument("--const", action="store_const", const=42)
p.add_argument("--maybe", nargs="?", const="c", default="d")
both(
    p,
    [
        "a",
        "a b -n 5 -vv -q",
        "-n5 a --number=7 -vqv",
        "a --colour red --pair 1 -2.5",
        "--list-of-things x y -- a",
        "a --list",
        "a --add 1 --add=2 --const --maybe",
        "a --maybe x b",
        "a --colour green",
        "a -n x",
        "",
        "a b c d",
        "a --nothing",
        "a --pair 1",
        "a -n",
        "-1",
        "a --const=5",
    ],
)
print(p.format_usage())
print(p.format_help())

p = Quiet(prog="p", add_help=False)
p.add_argument("first", type=int, choices=range(3))
p.add_argument("rest", nargs="+")
p.add_argument("--x", dest="other", required=True)
p.add_argument("--flag", action=argparse.BooleanOptionalAction)
p.set_defaults(extra=1)
both(p, ["1 a b --x 1", "--x 1 2 c --no-flag", "5 a --x 1", "1 --x 1", "1 a", "--x=2 1 a b --flag c"])
print(p.format_help(), p.get_default("extra"), p.parse_known_args(["1", "a", "--x", "y", "--z"]))

p = Quiet(prog="cmd")
p.add_argument("--debug", action="store_true")
sub = p.add_subparsers(dest="command", required=True, help="what to do")
a = sub.add_parser("add", help="add something")
a.add_argument("values", nargs="*", type=int)
a.set_defaults(func=len)
r = sub.add_parser("remove", aliases=["rm"], help="remove it")
r.add_argument("-f", action="store_true")
for line in ("--debug add 1 2 3", "rm -f", "add", "", "move"):
    try:
        n = p.parse_args(line.split())
        print(n.debug, n.command, getattr(n, "values", None), getattr(n, "f", None), hasattr(n, "func"))
    except ValueError as e:
        print(e)
print(p.format_help(), a.format_usage(), r.format_help())

p = Quiet(prog="x")
g = p.add_mutually_exclusive_group(required=True)
g.add_argument("--a", action="store_true")
g.add_argument("--b", type=int)
h = p.add_argument_group("special", "About these.")
h.add_argument("--c", default="5", type=int, help=argparse.SUPPRESS)
h.add_argument("-d", "--dd", help="shown", default=argparse.SUPPRESS)
both(p, ["--a", "--b 3", "--a --b 3", "", "--a -d 4"])
print(p.format_help())
n = argparse.Namespace(a=1, b="x")
print(n, n == argparse.Namespace(a=1, b="x"), "a" in n, "z" in n)


def positive(text):
    if int(text) <= 0:
        raise argparse.ArgumentTypeError("must be positive")
    return int(text)


p = Quiet(prog="t", parents=[argparse.ArgumentParser(add_help=False)], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
p.add_argument("--p", type=positive, default=4, help="a value")
p.add_argument("args", nargs=argparse.REMAINDER)
both(p, ["--p 3", "--p 0", "--p 2 cmd --p 9"])
print(p.format_help())
