# match statements.
class Point:
    __match_args__ = ('x', 'y')

    def __init__(self, x, y):
        self.x, self.y = x, y


def kind(v):
    match v:
        case None:
            return 'none'
        case True | False:
            return 'bool'
        case 0:
            return 'zero'
        case -1 | 1.5 | 2 + 3j:
            return 'number'
        case 'a' | b'b':
            return 'text'
        case [] | ():
            return 'empty'
        case [x]:
            return 'one', x
        case [1, [2, y]]:
            return 'nested', y
        case [1, *rest, 9]:
            return 'ends', rest
        case (x, y) if x == y:
            return 'pair', x
        case [_, _, *_] as whole:
            return 'long', len(whole)
        case {'k': 1, 'm': m}:
            return 'map', m
        case {'k': k, **others}:
            return 'key', k, others
        case {}:
            return 'mapping'
        case Point(0, y=0):
            return 'origin'
        case Point(x, y) if x > y:
            return 'point', x, y
        case Point(y=y):
            return 'any point', y
        case int(n) | str(n):
            return type(n).__name__, n
        case float():
            return 'float'
        case _:
            return 'other'


for v in (None, True, 0, -1, 1.5, 2 + 3j, 'a', b'b', [], (), [5], [1, [2, 3]], [1, 2, 3, 9], [1, 9], (4, 4), (4, 5), [1, 2, 3],
          {'k': 1, 'm': 2}, {'k': 3, 'z': 4}, {}, {'q': 1}, Point(0, 0), Point(3, 1), Point(1, 3), 7, 'text', 2.5, {1}, range(2), 'bb'):
    print(kind(v))


class Colour:
    RED = 1


def dotted(v):
    match v:
        case Colour.RED: return 'red'
        case other: return other


print(dotted(1), dotted(2))
match = {'case': 1}
print(match['case'], [match for match in 'ab'])
match 1, 2:
    case 1, b:
        print('tuple', b)
match [1, 2, 3]:
    case [a, b]:
        print('no')
    case [a, *b] if b == [2, 3]:
        print(a, b)


def falls_through(v):
    match v:
        case 1:
            r = 'one'
    try:
        return r
    except UnboundLocalError:
        return 'unset'


print(falls_through(1), falls_through(2))
try:
    match 1:
        case Point(1, 2, 3):
            pass
    match Point(1, 2):
        case Point(1, 2, 3):
            pass
except TypeError as e:
    print(e)
for v in range(4):
    match v:
        case 1:
            continue
        case 3:
            break
    print('loop', v)
