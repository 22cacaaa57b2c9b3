# A button with an interrupt, and why it needs debouncing.
#
# The contact of a real button bounces: a press, and a release too, gives several edges within a few
# milliseconds. The pull-up keeps the pin high until the button connects it to ground. `edges` counts
# every falling edge; `presses` counts those before which the contact was quiet for 30 ms. (The first
# edge of a release is a rising one, so that the falling edges of its bounce do not count.)
import time
from machine import Pin

button = Pin(14, Pin.IN, Pin.PULL_UP)
lamp = Pin(15, Pin.OUT)

DEBOUNCE_MS = 30

edges = 0
presses = 0
last = time.ticks_ms()


def on_edge(pin):
    global edges, presses, last
    now = time.ticks_ms()
    quiet = time.ticks_diff(now, last) >= DEBOUNCE_MS
    last = now
    if not pin.value():
        edges += 1
        if quiet:
            presses += 1
            lamp.toggle()


button.irq(on_edge, Pin.IRQ_FALLING | Pin.IRQ_RISING)

shown = -1
while True:
    if presses != shown:
        shown = presses
        print("presses:", presses, "edges:", edges)
    time.sleep_ms(20)
