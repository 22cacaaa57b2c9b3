# What numpy has and ulab has not; the reference is numpy 2.
import numpy as np
def p(*a):
    for x in a:
        if isinstance(x, tuple) : p(*x)
        elif hasattr(x,'tolist'): x=x.tolist(); print(r(x), end=' ')
        else: print(r(x), end=' ')
def r(x):
    if isinstance(x,list): return [r(y) for y in x]
    if isinstance(x,bool) : return x
    return round(float(x),4)
def t(*a):
    p(*a); print()
A=np.array
t(np.percentile([1,2,3,4],50), np.percentile(A([5.0,1,9,4]),[25,75]), np.quantile([[1,2],[3,4]],0.5,axis=0), np.quantile([[1,2],[3,4]],.25))
t(np.hstack((A([1,2]),A([3]))), np.hstack([[[1],[2]],[[3],[4]]]), np.vstack([[1,2],[3,4]]), np.column_stack(([1,2],[3,4])), np.stack([[1,2],[3,4]],axis=1), np.stack([[1,2],[3,4]]))
t(np.append([1,2],[3]), np.ravel([[1,2],[3,4]]), np.squeeze(A([[1.,2.]])), np.repeat([1,2],2), np.tile(A([1,2]),2), np.tile(A([1,2]),(2,2)), np.outer([1,2],[3,4]))
t(np.unique([3,1,1,2]), np.unique([3,1,1,2],return_counts=True), np.count_nonzero(A([0,1,2])), np.argwhere(A([0,1,2])))
t(np.searchsorted([1,3,5],3), np.searchsorted([1,3,5],[0,3,9],side='right'), np.digitize([0.5,1,2.5],[1,2]))
t(np.histogram([1,2,2,3,9],bins=4), np.histogram([1,2,2.5],bins=[1,2,3]), np.histogram([1,1]))
t(np.ptp(A([1,5,2])), np.average([1,2,3],weights=[3,0,1]), np.cov([1.,2,4],[1,3,2]), np.corrcoef([1,2,3],[1,2,3.5]), np.cov([1,2,4]), np.gradient(A([1.,4,9,16]),2))
n=float('nan')
t(np.nanmean([1,n,3]), np.nanmax([1,n]), np.nansum([1,n,2]), np.sign(A([-2.,0,3])), np.square([1,2]), np.isclose([1,2],[1,2.1]), np.allclose([1,2],[1,2+1e-6]))
t(abs(np.fft.rfft(A([0,1,0,-1.0]))), np.fft.irfft(np.fft.rfft(A([1.,2,3,4]))), np.fft.rfftfreq(4,.5), np.fft.fftfreq(5))
g=np.random.default_rng(3); print(g.normal(0,1,3).shape)
np.random.seed(2); print(np.random.randn(2,2).shape, np.random.rand(3).shape, 0<=np.random.randint(5)<5, max(np.random.randint(0,3,20))<3, np.random.normal(5,.1,50).mean()>4, np.random.choice([1,2]) in (1,2), np.random.random()<1)
try: np.percentile([1],101)
except ValueError as e: print(e)
