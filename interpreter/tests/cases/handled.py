def gen():
    try: 1/0
    except ZeroDivisionError as e:
        yield 1
        try:
            yield 2
        except KeyError as k:
            print('inner', repr(k.__context__))
        try: raise
        except ZeroDivisionError as z: print('again', z)
    yield 3
g = gen()
print(next(g))
try: {}['k']
except KeyError as e: print(repr(e.__context__))
print(next(g))
print(g.throw(KeyError('t')))
try: raise ValueError(1)
except ValueError as v:
    print(list(g), repr(v.__context__))
def sub():
    try: raise OSError("one")
    except OSError: yield 'a'; raise
def top():
    try: yield from sub()
    except OSError as e: print('top', e); yield 'b'
for x in top():
    print(x)
    try: raise TypeError
    except TypeError as t: print(repr(t.__context__))
try: raise
except RuntimeError as e: print(e)
