# What return, break, continue and exceptions do on their way out of blocks.
log = []


class Manager:
    def __init__(self, name, swallow=False):
        self.name, self.swallow = name, swallow

    def __enter__(self):
        log.append('+' + self.name)
        return self

    def __exit__(self, kind, value, traceback):
        log.append('-' + self.name + (':' + kind.__name__ if kind else ''))
        return self.swallow


def show(f, *args):
    log.clear()
    try:
        result = f(*args)
    except Exception as e:
        result = repr(e)
    print(f.__name__, args, result, log)


def returns(where):
    try:
        if where == 0:
            return 'try'
        if where == 1:
            raise ValueError('x')
        log.append('end')
    except ValueError as e:
        log.append(str(e))
        return 'except'
    else:
        return 'else'
    finally:
        log.append('finally')


for i in range(3):
    show(returns, i)


def overrides(where):
    try:
        if where == 0:
            return 'try'
        raise KeyError(where)
    finally:
        if where < 2:
            return 'finally'


for i in range(3):
    show(overrides, i)


def loops(n):
    for i in range(n):
        try:
            if i == 1:
                continue
            if i == 3:
                break
            log.append(i)
        finally:
            log.append('f')
            if i == 2:
                continue
            log.append('g')
    else:
        return 'else'
    return 'broken'


for i in (1, 3, 5):
    show(loops, i)


def nested(n):
    while True:
        with Manager('a') as a, Manager('b'):
            try:
                with Manager('c', n == 3):
                    if n == 0:
                        return a.name
                    if n == 1:
                        break
                    if n in (2, 3):
                        raise ValueError(n)
                log.append('after c')
            except ValueError:
                log.append('caught')
                if n == 2:
                    return 'handled'
            finally:
                log.append('inner')
            n -= 3
    return 'end'


for i in range(4):
    show(nested, i)


def names():
    e = 'outer'
    try:
        try:
            raise ValueError('one')
        except ValueError as e:
            raise TypeError('two') from e
    except TypeError as t:
        log.append(repr(t.__cause__))
        log.append(repr(t.__context__))
    try:
        return e
    except NameError as n:
        return type(n).__name__


show(names)


def reraised():
    try:
        try:
            1 // 0
        except ZeroDivisionError:
            log.append('first')
            raise
        finally:
            log.append('second')
    except ArithmeticError as e:
        return repr(e)


show(reraised)


def generator():
    try:
        yield 1
        yield 2
    finally:
        log.append('closed')


def abandons():
    g = generator()
    next(g)
    g.close()
    return 'done'


show(abandons)


def value_is_kept():
    x = 1
    try:
        return x
    finally:
        x = 2
        log.append(x)


show(value_is_kept)


def deep(n):
    try:
        try:
            try:
                if n:
                    raise IndexError(n)
                return 'none'
            finally:
                log.append(1)
        except KeyError:
            log.append('no')
        finally:
            log.append(2)
    except LookupError:
        log.append(3)
        for _ in 'ab':
            try:
                continue
            finally:
                log.append('c')
        return 'looked up'
    finally:
        log.append(4)


show(deep, 0)
show(deep, 1)


def failing_exit():
    class Bad(Manager):
        def __exit__(self, *args):
            raise RuntimeError('exit')
    try:
        with Bad('bad'):
            raise ValueError('body')
    except RuntimeError as e:
        return repr(e), repr(e.__context__)


show(failing_exit)
try:
    try:
        raise KeyError('k')
    except (TypeError, KeyError) as e:
        print('module', repr(e))
    print(e)
except NameError as n:
    print(n)
for i in range(3):
    try:
        if i:
            continue
        print('i', i)
    finally:
        print('f', i)
