# More operands alive at once than a frame has slots.
for part, n in (("[1,1, 2] is ", 400), ("x < ", 300), ("(", 70), ("[x, ", 300), ("f(x, ", 300), ("{x: ", 80)):
    try:
        exec("x = 1\nf = max\nprint(" + part * n + "1" + {"(": ")", "[": "]", "f": ")", "{": "}"}.get(part[0], "") * n + ")")
    except Exception as e:
        print(type(e).__name__)
