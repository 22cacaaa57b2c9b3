# Items of dicts with and without an index, by keys of all sorts.
d={'a':1,'b':2,3:4,True:5,(1,2):6}
e={}
def f(d,k):
    try:
        return d[k]
    except KeyError as x: return repr(x)
for k in ('a','b','c',3,1,True,1.0,(1,2),(1,3),None,''.join(['a']),2**40): print(k,f(d,k),f(e,k),f({k:9},k))
def g(d,k,v):
    d[k]=v
    return d
print(g({},1,2),g({1:5},1,2),g({'a':1},'a',2),g({'a':1,'b':3},'b','x'))
x={'a':1,'b':2}
del x['a']
print(f(x,'a'),f(x,'b'),g(x,'a',7),list(x))
nan=float('nan')
print(f({nan:1},nan))
class D(dict):
    def __getitem__(s,k): return 'D%s'%k
    def __missing__(s,k): return 'M%s'%k
print(f(D(a=1),'a'))
class M(dict):
    def __missing__(s,k): return 'M%s'%k
print(f(M(a=1),'a'), f(M(a=1),'b'))
def h():
    global zz
    zz=3
    r=globals()['zz']
    del zz
    return r, f(globals(),'zz')
print(h())
def lots(n):
    d={}
    for i in range(n):
        d['k%d'%i]=i
        d[i]=i
    s=0
    for i in range(n):
        s+=d[i]+d['k%d'%i]; d[i]=-1
    return s,sum(v for v in d.values())
print(lots(3),lots(6),lots(200))
b=bytearray(3)
def sb(i,v):
    try: b[i]=v
    except Exception as x: return repr(x)
    return bytes(b)
print(sb(0,255),sb(-1,7),sb(5,1),sb(0,256),sb(1,'x'))
