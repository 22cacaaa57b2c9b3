# Vibration watch: sample, transform, detect, with numpy on the board.
#
# An accelerometer on channel 0 of an MCP3008 is sampled a thousand times a second. The spectrum of 256
# samples shows the motor's turning (29 Hz); a growing share of the band around 217 Hz means a bad bearing.
import time

import numpy as np
from machine import SPI, Pin

RATE = 1000  # samples a second
N = 256  # samples a spectrum: 3.9 Hz apart
BAND = (200, 235)  # Hz: where a bad bearing sings
LIMIT = 0.2  # share of the band in the whole spectrum

spi = SPI(0, baudrate=1_000_000, sck=Pin(18), mosi=Pin(19), miso=Pin(16))
cs = Pin(17, Pin.OUT, value=1)
alarm = Pin("LED", Pin.OUT, value=0)

request = b"\x01\x80\x00"  # start bit, single-ended, channel 0
answer = bytearray(3)
samples = np.zeros(N)
window = 0.5 - 0.5 * np.cos(np.arange(N) * (2 * np.pi / N))  # Hann: no leaks into the neighbours
low, high = (int(hz * N / RATE) for hz in BAND)


def collect():
    due = time.ticks_us()
    for i in range(N):
        while time.ticks_diff(due, time.ticks_us()) > 0:
            pass
        due = time.ticks_add(due, 1_000_000 // RATE)
        cs(0)
        spi.write_readinto(request, answer)
        cs(1)
        samples[i] = (answer[1] & 3) << 8 | answer[2]


while True:
    collect()
    volts = samples * (3.3 / 1024)
    volts = volts - np.mean(volts)
    spectrum = np.fft.fft(volts * window)[1 : N // 2]
    power = np.real(spectrum) ** 2 + np.imag(spectrum) ** 2
    peak = (int(np.argmax(power)) + 1) * RATE / N
    share = float(np.sum(power[low:high]) / np.sum(power))
    alarm.value(share > LIMIT)
    print("rms:%.3f peak:%.1f bearing:%.3f%s" % (
        np.std(volts), peak, share, "  <- look at the bearing" if share > LIMIT else ""))
