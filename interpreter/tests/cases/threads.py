# Threads: turns, locks, exceptions, and native calls under way in several of them.
import _thread
import time

lock = _thread.allocate_lock()
finished = 0


def finish():
    global finished
    with lock:
        finished += 1


def wait_for(n):
    global finished
    while finished < n:
        time.sleep(0.001)
    finished = 0


# Each sees all of its own work, whatever the others do.
totals = [0] * 4


def count(i, n):
    for k in range(n):
        totals[i] += k
    finish()


for i in range(4):
    _thread.start_new_thread(count, (i, 2000))
wait_for(4)
print(totals)

# A lock keeps sections together.
log = []


def section(name):
    for _ in range(3):
        with lock:
            log.append((name, "in"))
            time.sleep(0.002)
            log.append((name, "out"))
    finish()


for name in "abc":
    _thread.start_new_thread(section, (name,))
wait_for(3)
print(all(log[i][0] == log[i + 1][0] for i in range(0, len(log), 2)), len(log))

# Keyword arguments, identities, exit.
idents = set()


def who(a, b=0, *, c=0):
    idents.add(_thread.get_ident())
    log.append((a, b, c))
    finish()
    _thread.exit()
    log.append("never")


log.clear()
_thread.start_new_thread(who, (1, 2), {"c": 3})
wait_for(1)
time.sleep(0.01)
print(log, len(idents), _thread.get_ident() in idents)

# Timeouts and refusals.
gate = _thread.allocate_lock()
print(gate.locked(), gate.acquire(), gate.locked())
print(gate.acquire(False), gate.acquire(True, 0.005))
_thread.start_new_thread(lambda: (time.sleep(0.01), gate.release()), ())
print(gate.acquire(), gate.locked())
gate.release()
try:
    gate.release()
except RuntimeError:
    print("not held")


# Sorting calls back into Python in each thread, and locks are taken within.
def key(x):
    with lock:
        pass
    time.sleep(0)
    return -x


results = {}


def sorts(i):
    results[i] = sorted(range(i, i + 12), key=key)
    finish()


for i in range(4):
    _thread.start_new_thread(sorts, (i,))
wait_for(4)
print(all(results[i] == list(range(i + 11, i - 1, -1)) for i in range(4)))

# Generators belong to whoever runs them; each thread unwinds its own stack.
def deep(n):
    if n == 0:
        raise ValueError("bottom")
    return deep(n - 1)


def catches(i):
    try:
        deep(i)
    except ValueError as e:
        results[i] = str(e) + str(sum(x for x in range(i)))
    finish()


for i in range(4):
    _thread.start_new_thread(catches, (10 + i,))
wait_for(4)
print([results[10 + i] for i in range(4)])

# Producers and a consumer.
queue = []
got = []


def produce(base):
    for i in range(20):
        with lock:
            queue.append(base + i)
        if i % 7 == 0:
            time.sleep(0.001)
    finish()


def consume():
    while len(got) < 60:
        with lock:
            if queue:
                got.append(queue.pop(0))
        time.sleep(0)
    finish()


_thread.start_new_thread(consume, ())
for base in (0, 100, 200):
    _thread.start_new_thread(produce, (base,))
wait_for(4)
print(sorted(got) == [b + i for b in (0, 100, 200) for i in range(20)])

try:
    _thread.start_new_thread(count, 1)
except TypeError:
    print("TypeError")
