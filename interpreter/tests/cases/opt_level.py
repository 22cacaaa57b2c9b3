# micropython.opt_level: from level 1 on asserts are left out of what is compiled.
import micropython

print(micropython.opt_level())
exec("print(__debug__)")
try:
    exec("assert 1 > 2, 'kept'")
except AssertionError as e:
    print(e)
micropython.opt_level(1)
exec("print(__debug__)\nassert 1 > 2\nprint('left out')")
eval("print('eval')")
micropython.opt_level(0)
try:
    exec("def f():\n    assert False\nf()")
except AssertionError:
    print("kept again")
