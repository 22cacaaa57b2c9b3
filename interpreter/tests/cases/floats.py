# Floats, with values that 32-bit floats hold exactly or print alike.
values = [0.0, 1.0, -1.0, 0.5, -2.25, 1024.0, 3.75, 1e10]
for a in values:
    print(a, -a, abs(a), bool(a), a == a, int(a), a.is_integer())
    for b in values:
        print(a + b if abs(a + b) < 1e7 else "big", a < b, a <= b, a == b, a > b, max(a, b), min(a, b))
print(7 / 2, 8 / 2, -7 / 2, 7.5 // 2, -7.5 // 2, 7.5 % 2, -7.5 % 2, 7.5 % -2, divmod(7.5, 2), divmod(-7.5, 2))
print(2.0 ** 3, 2 ** 0.5 > 1.414, 4 ** 0.5, 2 ** -2, (-8.0) ** 2)
print(1.5 + 1, 1 + 1.5, 3 * 0.5, 1.5 - 2, 2 == 2.0, 2.5 != 2, 1 < 1.5 < 2)
for bad in (lambda: 1.0 / 0, lambda: 1.0 // 0, lambda: 1.0 % 0, lambda: 1 / 0, lambda: int(float("nan")), lambda: int(float("inf"))):
    try:
        bad()
    except (ZeroDivisionError, ValueError, OverflowError) as e:
        print(type(e).__name__, e)
inf = float("inf")
nan = float("nan")
print(inf, -inf, nan, inf > 1e30, nan == nan, nan in [nan], inf - 1 == inf, -inf < 0)
print(float("1.5"), float(" -2.5e3 "), float("1e-3"), float("inf"), float("-Infinity"), float("1_0.5"), float(3), float(True))
for bad in ("", "abc", "1.2.3", "1e"):
    try:
        float(bad)
    except ValueError as e:
        print(e)
print(round(2.5), round(3.5), round(-2.5), round(2.75, 1), round(1234.5, -2), round(0.125, 2), type(round(2.5)), type(round(2.5, 1)))
print(1e16, 1e15, 1e-4, 1e-5, 123456.0, 0.1, 0.2, 1.1, 100.25, 5e-7)
print("%.2f %.0f %e %g %g" % (0.125, 2.5, 12345.5, 0.0001, 1e20))
print("{:.3f} {:8.2f}| {:<8.1f}| {:+.1f} {:08.3f} {:.1%} {:e}".format(1.5, 2.25, 3.5, 4.5, -5.5, 0.25, 0.5))
print(hash(1.0) == hash(1), {1.0: "a"}[1], 0.0 == -0.0, str(-0.0))
total = 0.0
for i in range(8):
    total += i * 0.25
print(total)
print(sum([0.5, 0.25, 1]), max(1, 2.5), sorted([2.5, 1, -0.5, 2]))
print((1.5).__add__(2), (0.5).as_integer_ratio() if hasattr(float, "as_integer_ratio") else (1, 2))
