# Functions whose instructions take more room, or less, once they are called.

def large():
    return [1000, 20000, 30000, 31000, 32000, 32001, 32002, 32003, -32000, -32001, -32002, -32003]

print(sum(large()), sum(large()))

def failing(x):
    try:
        return [20000, 30000, 31000, 32000][x]
    except IndexError as e:
        return type(e).__name__, e.__traceback__.tb_lineno

print(failing(1), failing(9))

def generator(n, *, step=2, **more):
    for i in range(0, n, step):
        yield i, more

print(list(generator(5)), list(generator(3, step=1, a=1)))

def outer(x):
    def inner(y=10):
        return x + y
    return inner

print(outer(1)(), outer(2)(3), outer.__name__, outer.__qualname__)

class C:
    def method(self, a, b=2):
        return a + b

print(C().method(1), C.method.__code__.co_varnames, C().method(b=3, a=4))
