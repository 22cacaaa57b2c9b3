# What the compiler treats specially in loops: constants used over and over, early exits, slices without a step.
def constants(n):
    total = 0
    text = ""
    for i in range(n):
        if i % 3 == 0:
            continue
        total = total * 1000 % 7919 + (i & 0xFF) * 1000
        text += "ab"[i % 2] + "-"
        if total > 7000 and i > 20:
            break
    else:
        text += "end"
    return total, text, 1000, locals().get(".const"), sorted(locals())


print(constants(9))
print(constants(60)[0])


def shadow(x):
    while True:
        x = x + 500
        if x > 2000:
            break
        x = 700 if x == 1500 else x
        if x < 0:
            continue
        if not x % 7:
            return "seven"
    return x


print(shadow(1), shadow(900), shadow(1000))


def slices(s, a, b):
    return s[a:b], s[:b], s[a:], s[:], s[a:b:2]


for s in ([1, 2, 3, 4, 5], (1, 2, 3, 4, 5), "abcde", b"abcde", bytearray(b"abcde"), range(5)):
    for a, b in ((1, 3), (-2, 9), (-9, -1), (4, 2), (None, None), (True, 10**12)):
        print(*slices(s, a, b))
    l = list(s)
    t = l[1:3]
    t.append(9)
    print(l, t)


class Sliced:
    def __getitem__(self, i):
        return i


print(Sliced()[1:2], Sliced()["a":], Sliced()[:, 1:2])
for bad in (lambda: [1]["a":], lambda: 5[1:], lambda: {}[1:2] if False else [][1.5:]):
    try:
        bad()
    except TypeError as e:
        print("TypeError", e)


def nested():
    found = []
    for i in range(5):
        for j in range(5):
            if j == 3:
                break
            if i == j:
                continue
            found.append(i * 10 + j)
        else:
            found.append("never")
    while found:
        if found[-1] < 30:
            break
        found.pop()
    return found


print(nested())


def generator():
    for i in range(3):
        yield i * 1000 + 1000


print(list(generator()), sum(x * 1000 for x in range(4)))
try:
    (x for x in 5)
except TypeError as e:
    print(e)
