# What the modules that drive peripherals by their registers share.
from machine import mem32
from micropython import const, heap_lock, heap_unlock

_RESETS_CLEAR = const(0x4000F000)
_RESETS_DONE = const(0x4000C008)

# Atomic aliases of a register.
SET = 0x2000
CLEAR = 0x3000


# Takes blocks out of reset; what is in use is not disturbed.
def wake(mask):
    mem32[_RESETS_CLEAR] = mask
    while mem32[_RESETS_DONE] & mask != mask:
        pass


# What an `irq` method returns, and the handler that it was given.
class Irq:
    def __init__(self, trigger=0, handler=None, hard=False):
        self._flags = 0
        self._trigger = trigger
        self._handler = handler
        self._hard = hard

    def flags(self):
        return self._flags

    def trigger(self):
        return self._trigger

    # A hard handler must not allocate: it would run in the interrupt elsewhere.
    def fire(self, source, flags):
        self._flags = flags
        if self._hard:
            heap_lock()
            try:
                self._handler(source)
            finally:
                heap_unlock()
        else:
            self._handler(source)
