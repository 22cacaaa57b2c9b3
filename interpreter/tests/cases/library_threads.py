# typing.NamedTuple, threading, queue, inspect and pathlib.
import typing
class P(typing.NamedTuple):
    x: int
    y: float = 2.0
    def norm(self): return self.x**2 + self.y**2
p = P(3); print(p, p.x, p.norm(), P._fields, P._field_defaults, isinstance(p, tuple), p == (3, 2.0), p._replace(x=5))
Q = typing.NamedTuple("Q", [("a", int), ("b", str)]); print(Q(1, "z"))
import threading, queue, time
out=[]
def work(n):
    time.sleep(0.02*n); out.append(n)
ts=[threading.Thread(target=work,args=(n,)) for n in (3,1,2)]
for t in ts: t.start()
for t in ts: t.join()
print(out, [t.is_alive() for t in ts], threading.active_count(), threading.current_thread().name, threading.main_thread() is threading.current_thread())
e=threading.Event()
t=threading.Timer(0.02, e.set); t.start(); print(e.wait(0.001), e.wait(2), e.is_set())
q=queue.Queue(2)
def prod():
    for i in range(5): q.put(i)
    q.put(None)
threading.Thread(target=prod).start()
got=[]
while (x:=q.get()) is not None: got.append(x)
print(got, q.empty())
try: q.get(timeout=0.01)
except queue.Empty: print("empty")
q.put(1); q.put(2)
try: q.put_nowait(3)
except queue.Full: print("full")
r=threading.RLock()
with r:
    with r: print("twice")
s=threading.Semaphore(1); print(s.acquire(), s.acquire(False)); s.release()
l=threading.local(); l.v=1
def other():
    print(hasattr(l,'v')); l.v=2
t=threading.Thread(target=other); t.start(); t.join(); print(l.v)
pq=queue.PriorityQueue()
for i in (3,1,2): pq.put(i)
print([pq.get() for _ in range(3)])
class MyT(threading.Thread):
    def run(self): print("mine", self.name)
m=MyT(name="zed"); m.start(); m.join()
c=threading.Condition()
def w():
    with c: print("wait_for", c.wait_for(lambda: flag, 2))
flag=False
t=threading.Thread(target=w); t.start(); time.sleep(0.01)
with c: flag=True; c.notify_all()
t.join()
import inspect
async def co(): pass
def gen(): yield
class A:
    def m(self): pass
x=co(); print(inspect.iscoroutinefunction(co), inspect.iscoroutine(x), inspect.isgeneratorfunction(gen), inspect.isfunction(gen), inspect.ismethod(A().m), inspect.isclass(A), inspect.isbuiltin(len), inspect.ismodule(inspect), inspect.isawaitable(x)); x.close()
print([n for n,v in inspect.getmembers(A, inspect.isfunction)])
from pathlib import Path
p=Path("data")/"sub"/"x.tar.gz"; print(p, repr(p), p.name, p.suffix, p.stem, p.suffixes, p.parent, p.parts, list(map(str,p.parents)))
print(p.with_suffix(".txt"), p.with_name("q"), p.is_absolute(), Path("/a/../b").is_absolute(), Path("a")==Path("./a"), "r"/Path("s"), Path("/a/b/c").relative_to("/a"), Path(".hidden").suffix, Path("/"), Path(""), Path("a//b/"), Path("/a").parent, Path("a.b").match("*.b"))
