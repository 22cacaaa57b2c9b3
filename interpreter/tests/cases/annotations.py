# __annotations__ of functions: evaluated, in order, as CPython gives them.
def plain(a, b=1):
    pass


def annotated(x: int, y: 'str' = 'a', *rest: float, key: list = None, **more: dict) -> bool:
    return x


class C:
    def method(self, n: int) -> None:
        pass

    async def later(self, when: float):
        pass


print(annotated.__annotations__)
print(plain.__annotations__, (lambda x: x).__annotations__)
print(C.method.__annotations__, C().method.__annotations__)
print(C.later.__annotations__)
annotated.__annotations__['z'] = 3
print(annotated.__annotations__['z'], annotated.__annotations__ is annotated.__annotations__)


def outer():
    def inner(v: "C", w: C) -> tuple:
        pass
    return inner


print(outer().__annotations__['v'], outer().__annotations__['w'] is C)
annotated.__annotations__ = {'q': 1}
print(annotated.__annotations__)
print('\N{DEGREE SIGN}\N{latin small letter a}\N{GREEK CAPITAL LETTER OMEGA}', f'{1}\N{MICRO SIGN}{2}', b'\N{x}')
for source in (r"'\N{NO SUCH NAME}'", r"'\N'", r"'\N{x'"):
    try:
        eval(source)
    except SyntaxError as e:
        print(e.msg)
