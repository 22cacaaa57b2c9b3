# An MCP3008 on SPI0: eight more analogue inputs.
#
# The converter answers a command of three bytes: a start bit, "single-ended" and the channel, and
# while these go out the ten bits of the result come in (data sheet DS21295, figure 6-1).
import time
from machine import SPI, Pin

spi = SPI(0, baudrate=1_000_000, sck=Pin(18), mosi=Pin(19), miso=Pin(16))
select = Pin(17, Pin.OUT, value=1)

command = bytearray(3)
answer = bytearray(3)


def read(channel):
    """The voltage on a channel, 0 to 3.3 V."""
    command[0] = 1
    command[1] = 0x80 | channel << 4
    select(0)
    spi.write_readinto(command, answer)
    select(1)
    raw = (answer[1] & 3) << 8 | answer[2]
    return raw * 3.3 / 1023


while True:
    print("sine:%.2f triangle:%.2f light:%.2f" % (read(0), read(1), read(2)))
    time.sleep_ms(100)
