# cmath against CPython, to the five digits that 32-bit floats have for certain.
import cmath


def show(z):
    if isinstance(z, complex):
        parts = []
        for part in (z.real, z.imag):
            text = "%.5g" % part
            parts.append("0" if abs(part) < 1e-6 else text)
        return "(%s, %s)" % tuple(parts)
    return "%.5g" % z


values = [0.5 + 0.25j, -1.5 + 2j, 3 - 4j, -0.75 - 0.5j, 2 + 0j, -2 + 0j, 0.125 + 3j, 1e-4 + 2e-4j, 1e12 - 1e11j]
names = "exp log log10 sqrt sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh phase".split()
for name in names:
    f = getattr(cmath, name)
    for z in values:
        if abs(z) > 1e6 and name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
            continue
        print(name, z, show(f(z)))

print([show(x) for x in cmath.polar(3 + 4j)], show(cmath.rect(2, 0.5)))
print(show(cmath.log(8, 2)), show(cmath.log(1 + 1j, 2 - 1j)))
print(cmath.isclose(1 + 1j, 1.0000001 + 1j, rel_tol=1e-5), cmath.isclose(1, 2))
print(cmath.isnan(complex("nan")), cmath.isinf(cmath.infj), cmath.isfinite(1j), cmath.nanj)
for f, z in ((cmath.log, 0), (cmath.exp, complex(0, float("inf"))), (cmath.sqrt, "x")):
    try:
        print(f(z))
    except (ValueError, TypeError) as e:
        print(type(e).__name__)
