# Every limit of the parser and the compiler, from inside the program.
for text in ("(" * 2000, "[" * 500 + "]" * 500, "-" * 5000 + "1", "not " * 3000 + "x", "x" + ".a" * 4000,
             "x" + "[0]" * 4000, "1" + "+1" * 5000, "lambda: " * 1000 + "0", "f'{" * 40, "x = " * 2000 + "1",
             "if 1:\n" + " if 1:\n" * 30, "1" * 4000, "'" + "a" * 5000, "x if y else " * 1000 + "1"):
    try:
        exec(text)
    except Exception as e:
        print(type(e).__name__)
