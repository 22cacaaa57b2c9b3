# A button with an interrupt, and why it needs debouncing.
#
# The contact of a real button bounces: one press gives several edges within a few milliseconds.
# The interrupt handler counts every falling edge; `presses` counts those that come at least
# 30 ms after the last one. The pull-up keeps the pin high until the button connects it to ground.
import time
from machine import Pin

button = Pin(14, Pin.IN, Pin.PULL_UP)
lamp = Pin(15, Pin.OUT)

DEBOUNCE_MS = 30

edges = 0
presses = 0
last = time.ticks_ms()


def on_press(pin):
    global edges, presses, last
    edges += 1
    now = time.ticks_ms()
    if time.ticks_diff(now, last) >= DEBOUNCE_MS:
        presses += 1
        lamp.toggle()
    last = now


button.irq(on_press, Pin.IRQ_FALLING)

shown = -1
while True:
    if presses != shown:
        shown = presses
        print("presses:", presses, "edges:", edges)
    time.sleep_ms(20)
