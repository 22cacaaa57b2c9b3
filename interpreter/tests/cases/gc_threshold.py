# gc.threshold bounds how much garbage lies around, so the peak tells what was needed.
import gc, micropython

gc.collect()
before = gc.mem_alloc()
gc.threshold(2048)
micropython.mem_peak(True)
keep = []
for i in range(2000):
    x = [i] * 5
    if i % 10 == 0:
        keep.append(x)
needed = micropython.mem_peak() - before
gc.threshold(-1)
gc.collect()
kept = gc.mem_alloc() - before
print(gc.threshold())
print(kept <= needed <= kept + 4096)
print(micropython.mem_total() > 2000 * 36)
print(micropython.mem_current() <= micropython.mem_peak())
