# Read a potentiometer on ADC0 (GP26) and print values that the window plots.
#
# A printed line of `name:value` pairs becomes one row a name in the waveforms.
import time
from machine import ADC, Pin

knob = ADC(Pin(26))

smooth = knob.read_u16()  # 0 to 65535 for 0 to 3.3 V

while True:
    raw = knob.read_u16()
    smooth += (raw - smooth) * 0.1  # an exponential moving average
    volts = raw * 3.3 / 65535
    print("volts:%.3f smooth:%.3f" % (volts, smooth * 3.3 / 65535))
    time.sleep_ms(50)
