# What MicroPython takes and CPython does not: scripts for a Pico may rely on it.
import array
import gc
import io
import struct
from string.templatelib import Template

a = array.array('O', [1, 'two', [3]])
a.append({4: 5})
garbage = [bytearray(100) for i in range(100)]
del garbage
gc.collect()
print(a, a[2], a[1:3])
del a[0]
a[0] = (6, [7])
gc.collect()
a.extend(['x' * 20])
print(a, len(a), a.itemsize)
print(array.array('P', [1, 2]))

o = object()
print(struct.unpack('<O', struct.pack('<O', o))[0] is o)
print(struct.pack('<2I', 1), struct.pack('>h3sB', 1), struct.pack('<x2s'))
try:
    struct.pack('bb', 1, 2, 3)
except ValueError as e:
    print(e)
try:
    struct.unpack('<O', bytes(4))
except ValueError as e:
    print(e)

print(repr(ValueError(2)), repr(ValueError()), repr(KeyError('k', 1)))
print(float(10 ** 50), float(-10 ** 50), '%g' % 10 ** 60, 10 ** 50 * 1.0)

f = io.BytesIO(b'hello')
print(f.read(2), f.write(b'LL'), f.getvalue(), f.seek(0), f.read())
kept = b'hello' * 20
f = io.BytesIO(kept)
print(f.seek(98), f.write(b'!!!'), f.getvalue()[90:], kept[90:])
f = io.StringIO('hello wörld')
print(f.read(), f.truncate(5), f.getvalue())

print([[(j := i) for i in range(2)] for j in range(2)])
