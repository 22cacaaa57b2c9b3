# Arrays: making, indexing, slicing, shapes. The expected output is numpy's own.
import numpy as np

I, B, F = np.int16, np.uint8, np.float32


def show(name, a):
    print(name, a.shape, a.tolist())


def error(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, str(e)[:90])


show("array", np.array([1, 2, 3], dtype=I))
show("nested", np.array([[1, 2, 3], (4, 5, 6)], dtype=B))
show("ranges", np.array([range(3), range(3, 6)], dtype=F))
show("of arrays", np.array([np.array([1, 2], dtype=I), [3, 4]], dtype=I))
show("deep", np.array([[[[1], [2]], [[3], [4]]]], dtype=I))
show("bool", np.array([0, 1, 2], dtype=bool))
show("float", np.array([1, 2.5, -3], dtype=float))
show("complex", np.array([1, 2j], dtype=complex))
show("zeros", np.zeros((2, 3), dtype=I))
show("ones", np.ones(4, dtype=B))
show("full", np.full((2, 2), 7, dtype=I))
show("eye", np.eye(2, M=3, k=1, dtype=I))
show("arange", np.arange(2, 20, 3, dtype=I))
show("arange down", np.arange(5, 0, -2, dtype=I))
show("linspace", np.linspace(0, 1, 5, dtype=F))
show("linspace open", np.linspace(0, 1, 4, endpoint=False, dtype=F))
show("logspace", np.logspace(0, 3, 4, base=2, dtype=F))
show("diag", np.diag(np.array([1, 2], dtype=I), k=1))
show("diagonal", np.diag(np.arange(9, dtype=I).reshape((3, 3)), k=-1))
show("concatenate", np.concatenate((np.zeros((1, 2), dtype=I), np.ones((2, 2), dtype=I))))
x, y = np.meshgrid(np.arange(3, dtype=I), np.arange(2, dtype=I))
show("meshgrid", x)
show("meshgrid", y)

a = np.arange(24, dtype=I).reshape((2, 3, 4))
print(a.ndim, a.size, a.itemsize, len(a), a.nbytes)
print(a[1, 2, 3], a[-1, -1, -1], a[0][1][2])
show("row", a[1, 1])
show("slice", a[:, 1:, ::2])
show("negative", a[0, ::-1, ::-3])
show("column", a[..., 0])
show("newaxis", a[0, 0][None])
show("one", a[:, 0:1, 0])
show("empty", a[0, 3:])
show("T", a[0].T)
show("transpose", a.transpose((1, 0, 2)))
show("reshape", a.reshape((4, -1)))
show("reshape T", a[0].T.reshape((2, 6)))
show("flatten", a[1].flatten())
show("flatten F", a[1].flatten(order="F"))

# Views share what they show.
v = a[0, :, 1]
v[:] = -1
v += 5
show("through", a[0])
a[1] = 0
a[1, 1:, 1:3] = [7, 8]
a[1, 0] = np.array([9, 9, 9, 9], dtype=I)
show("assigned", a[1])
c = a.copy()
c[0] = 1
print(a[0, 0, 1], c[0, 0, 1])
b = np.arange(5, dtype=I)
b[1:] = b[:-1]
show("overlapping", b)
b += b[::-1]
show("reversed", b)

# Masks and lists.
a = np.arange(10, dtype=I)
show("mask", a[a > 6])
a[a < 3] = 0
a[a > 7] = [80, 90]
show("masked", a)
m = np.arange(6, dtype=I).reshape((2, 3))
show("mask 2", m[m % 2 == 1])
show("rows", m[np.array([False, True], dtype=bool)])
m[m > 2] += 10
show("mask 3", m)
show("list", a[[1, 1, 9]])
show("rows by list", m[[1, 0, 1]])
a[[0, 2]] = [5, 6]
show("set list", a[:3])

for x in m:
    print(x.tolist(), end=" ")
print([int(x) for x in m[0]], 5 in m, 99 in m)
print(bool(np.array([1], dtype=I)), bool(np.array([0], dtype=I)))
show("shape set", (lambda q: (setattr(q, "shape", (3, 2)), q)[1])(np.arange(6, dtype=I)))
print(np.arange(3, dtype=np.uint16).tobytes() == b"\0\0\1\0\2\0")
show("byteswap", np.array([1, 256], dtype=np.uint16).byteswap())
show("astype", np.array([1.9, -1.9], dtype=F).astype(I))
buffer = bytearray(b"\1\0\2\0\3\0")
w = np.frombuffer(buffer, dtype=np.uint16)
buffer[0] = 9
w[1] = 300
show("frombuffer", w)
print(buffer)
show("offset", np.frombuffer(b"\0\1\2\3\4", dtype=B, count=2, offset=2))
print(list(memoryview(np.arange(3, dtype=I))), bytes(np.arange(3, dtype=B)))

error(lambda: a[10])
error(lambda: m[0, 5])
error(lambda: m[0, 0, 0])
error(lambda: a.reshape((3, 4)))
error(lambda: bool(a))
error(lambda: np.frombuffer(b"12345", dtype=np.uint16))
error(lambda: np.frombuffer(b"12", dtype=B, offset=3))
error(lambda: np.zeros((2, -1)))
error(lambda: a.__setitem__(slice(0, 3), [1, 2]))
