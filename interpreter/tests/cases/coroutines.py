# async and await, driven by hand.
class Later:
    def __init__(self, v): self.v = v
    def __await__(self):
        got = yield self.v
        return got


def run(coroutine, *answers):
    answers = list(answers)
    value = None
    try:
        while True:
            print('asked', coroutine.send(value))
            value = answers.pop(0) if answers else None
    except StopIteration as e:
        return e.value


async def add(a, b):
    return await Later(a) + await Later(b)


print(run(add(1, 2), 10, 20))


class Manager:
    async def __aenter__(self):
        print('enter', await Later('in'))
        return self
    async def __aexit__(self, kind, value, tb):
        print('exit', kind and kind.__name__, await Later('out'))
        return kind is ValueError


class Steps:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n == 0:
            raise StopAsyncIteration
        self.n -= 1
        return await Later(self.n)


async def uses():
    async with Manager() as m, Manager():
        print(type(m).__name__)
    async with Manager():
        raise ValueError('swallowed')
    seen = []
    async for s in Steps(3):
        if s == 'skip':
            continue
        seen.append(s)
    else:
        seen.append('else')
    seen.append([x async for x in Steps(2)])
    seen.append({x: await Later(x) async for x in Steps(1)})
    try:
        async with Manager():
            return seen
    finally:
        print('finally', await Later('f'))


print(run(uses(), *'abcdefgh', 'skip', *range(20)))


async def fails():
    try:
        await Later(1)
    except KeyError as e:
        return 'caught ' + repr(e)


c = fails()
c.send(None)
try:
    c.throw(KeyError('k'))
except StopIteration as e:
    print(e.value)
c = fails()
c.send(None)
c.close()


def delegating():
    result = yield from sub()
    print('sub gave', result)
    yield from 'ab'
    return 'end'


def sub():
    x = yield 1
    try:
        y = yield x
    except ValueError as e:
        y = repr(e)
    return y


g = delegating()
print(next(g), g.send('s'), g.throw(ValueError('v')), next(g))
try:
    next(g)
except StopIteration as e:
    print(e.value)
print(list((lambda: (yield 5))()), [*(x * y for x in range(3) for y in range(x))])
