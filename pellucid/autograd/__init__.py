"""temporary"""
from pellucid.core.autograd import current, backward, grad
class _G:
    def __init__(s,v=None): s.v=v
    def __enter__(s): st=current(); s.o=st.grad_enabled; st.grad_enabled=s.v
    def __exit__(s,*a): current().grad_enabled=s.o
    def __call__(s,f):
        import functools
        @functools.wraps(f)
        def w(*a,**k):
            with type(s)(): return f(*a,**k)
        return w
class no_grad(_G):
    def __init__(s): s.v=False
class enable_grad(_G):
    def __init__(s): s.v=True
class inference_mode(no_grad):
    def __init__(s,m=True): s.v=False
class set_grad_enabled(_G):
    def __init__(s,v): s.v=v; s.o=current().grad_enabled; current().grad_enabled=v
    def __enter__(s): pass
class Function: pass
def is_grad_enabled(): return current().grad_enabled
def is_inference_mode_enabled(): return False
