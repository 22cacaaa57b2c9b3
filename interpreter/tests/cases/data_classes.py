# dataclasses against CPython.
from dataclasses import *
from dataclasses import KW_ONLY
import dataclasses
from typing import ClassVar, List, Optional


@dataclass
class Point:
    x: int
    y: int = 0
    tags: List[str] = field(default_factory=list, compare=False)
    count: ClassVar[int] = 5

    def norm(self):
        return self.x**2 + self.y**2


p, q = Point(1), Point(1, 0, ["a"])
print(p, p == q, p != Point(2), p.tags is Point(3).tags, p.norm(), Point.count, Point.y, hasattr(Point, "tags"), Point(y=2, x=1))
print([f.name for f in fields(p)], asdict(q), astuple(q), replace(q, x=9), is_dataclass(p), is_dataclass(Point), is_dataclass(5))
print(p == (1, 0), Point.__match_args__, Point.__hash__ is None)
for f in (lambda: Point(), lambda: Point(1, 2, [], 4), lambda: Point(z=1), lambda: {p}, lambda: p < q, lambda: asdict(5)):
    try:
        f()
    except TypeError as e:
        print("TypeError")


@dataclass(order=True, frozen=True)
class Version:
    major: int
    minor: int = 0
    note: str = field(default="", compare=False, repr=False)


a, b = Version(1, 2), Version(1, 10, "x")
print(a < b, a <= a, a > b, sorted([b, a])[0], hash(a) == hash(Version(1, 2)), {a: 1}[Version(1, 2, "other")])
for f in (lambda: setattr(a, "major", 2), lambda: delattr(a, "minor")):
    try:
        f()
    except FrozenInstanceError as e:
        print(e)


@dataclass
class Base:
    a: int
    b: str = "b"

    def __post_init__(self):
        self.seen = True


@dataclass
class Derived(Base):
    c: float = 1.5
    b: str = "changed"
    d: int = field(init=False, default=7)
    e: list = field(init=False, default_factory=lambda: [0])


d = Derived(1)
print(d, d.seen, [f.name for f in fields(Derived)], d == Derived(1), d == Base(1), asdict(d))
d.e.append(1)
print(Derived(2).e)


@dataclass
class Init:
    x: int
    scale: InitVar[int] = 2
    y: int = field(init=False)

    def __post_init__(self, scale):
        self.y = self.x * scale


print(Init(3), Init(3, 10).y, replace(Init(3), x=4))


@dataclass(kw_only=True)
class Keywords:
    a: int
    b: int = 2


@dataclass
class Some:
    a: int
    _: KW_ONLY
    b: int = 2
    c: int


print(Keywords(a=1), Some(1, c=3), Some.__match_args__)
try:
    Some(1, 2, 3)
except TypeError:
    print("TypeError")


@dataclass(repr=False, eq=False)
class Plain:
    x: int

    def __repr__(self):
        return "own"


print(Plain(1), Plain(1) == Plain(1))
for f in (
    lambda: make_dataclass("M", [("x", int, []), "y"]),
    lambda: make_dataclass("M", [("x", int, 1), ("y", int)]),
    lambda: field(default=1, default_factory=int),
    lambda: dataclass(type("F", (Version,), {})),
):
    try:
        f()
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
M = make_dataclass("M", ["x", ("y", int, field(default=3))], namespace={"total": lambda self: self.x + self.y})
print(M(1), M(1).total())


@dataclass
class Node:
    value: int
    next: Optional["Node"] = None
    data: dict = field(default_factory=dict)


n = Node(1, Node(2), {"k": [1, (2, Point(1))]})
print(n)
print(asdict(n), astuple(n))
match Point(1, 5):
    case Point(1, y):
        print("matched", y)
