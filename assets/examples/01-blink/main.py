# Blink: the on-board LED and an LED on GP15, in turn.
#
# Try: change `half` and run again (F5). Watch the rows GP25 and GP15 in the waveforms.
import time
from machine import Pin

board_led = Pin("LED", Pin.OUT)
red = Pin(15, Pin.OUT)

half = 0.5  # seconds
count = 0

while True:
    board_led.on()
    red.off()
    time.sleep(half)

    board_led.off()
    red.on()
    time.sleep(half)

    count += 1
    print("blinks:", count)
