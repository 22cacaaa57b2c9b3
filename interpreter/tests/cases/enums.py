# enum against CPython.
from enum import *


class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3
    CRIMSON = 1

    def shout(self):
        return self.name + "!"

    @classmethod
    def default(cls):
        return cls.GREEN

    @property
    def doubled(self):
        return self.value * 2


print(Color.RED, repr(Color.RED), Color.RED.name, Color.RED.value, Color.CRIMSON is Color.RED, Color(2), Color["BLUE"])
print(list(Color), len(Color), [c.name for c in Color], Color.RED in Color, list(Color.__members__), Color.BLUE.shout())
print(Color.default(), Color.RED.doubled, Color.RED == Color.RED, Color.RED == 1, Color.RED != Color.BLUE, isinstance(Color.RED, Color))
print({Color.RED: "r"}[Color.RED], f"{Color.RED}", "%s" % Color.GREEN, sorted(Color, key=lambda c: -c.value))
for f in (lambda: Color(9), lambda: Color["X"], lambda: Color.RED < Color.BLUE):
    try:
        f()
    except (ValueError, KeyError, TypeError) as e:
        print(type(e).__name__, e)


class Num(IntEnum):
    ONE = auto()
    TWO = auto()
    TEN = 10
    ELEVEN = auto()


print(Num.ONE, repr(Num.TWO), Num.TEN + 1, Num.ELEVEN == 11, Num(10) is Num.TEN, Num.ONE < Num.TWO, [1, 2, 3][Num.ONE], f"{Num.TEN:04d}")
print(sorted([Num.TEN, Num.ONE]), isinstance(Num.ONE, int), int(Num.TWO), list(Num), sum(Num), max(Num), {1: "x"}[Num.ONE])


class Word(StrEnum):
    HELLO = auto()
    BYE = "Good Bye"


print(Word.HELLO, Word.BYE.upper(), repr(Word.BYE), Word("hello"), Word.BYE == "Good Bye", "-".join(Word))


class Planet(Enum):
    EARTH = (5.0, 2)
    MARS = (6.0, 3)

    def __init__(self, mass, radius):
        self.mass = mass
        self.radius = radius

    @property
    def ratio(self):
        return self.mass / self.radius


print(Planet.EARTH.ratio, Planet.MARS.value, Planet((5.0, 2)) is Planet.EARTH, Planet.MARS.mass)


class Coord(Enum):
    def __new__(cls, value, label):
        obj = object.__new__(cls)
        obj._value_ = value
        obj.label = label
        return obj

    X = (1, "ex")
    Y = (2, "why")


print(Coord(2).label, Coord.X.value, list(Coord))


class Lenient(Enum):
    A = 1
    OTHER = 0

    @classmethod
    def _missing_(cls, value):
        return cls.OTHER


print(Lenient(77), Lenient(1))


class Perm(Flag):
    R = auto()
    W = auto()
    X = auto()
    RW = R | W


p = Perm.R | Perm.X
print(p, repr(p), p.value, Perm.R in p, Perm.W in p, list(p), Perm.RW, repr(Perm.R | Perm.W), bool(Perm.R & Perm.W), repr(Perm(0)))
print(~Perm.R, p ^ Perm.R, Perm(7).value, list(Perm), len(p), p == Perm(5), Perm.X.value)


class Bits(IntFlag):
    A = 1
    B = 2


print(Bits.A | Bits.B, repr(Bits.A | Bits.B), Bits.A | 4, Bits.B + 1, (Bits.A | Bits.B) & Bits.A == Bits.A, Bits(3) == 3)
try:

    @unique
    class Dup(Enum):
        A = 1
        B = 1

except ValueError as e:
    print(e)
try:

    class More(Color):
        PINK = 4

except TypeError as e:
    print("TypeError")
Animal = Enum("Animal", "ANT BEE")
print(list(Animal), Animal.BEE.value, Enum("T", {"A": "x"}).A.value)


class Letters(str, Enum):
    A = "a"
    B = "b"


print(Letters.A == "a", Letters.B.value, Letters("b") is Letters.B, Letters.A.name)
match Color(3):
    case Color.RED:
        print("red")
    case Color.BLUE:
        print("blue")
