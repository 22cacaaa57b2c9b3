# A GPS receiver on UART1: read NMEA sentences, follow the track, add up the distance.
import math
import time
from machine import UART, Pin

# With a timeout, readline() waits for the rest of a line that is still coming in.
uart = UART(1, baudrate=9600, tx=Pin(8), rx=Pin(9), timeout=100)


def checked(line):
    """The fields of a sentence, or None if its checksum is wrong."""
    if not line.startswith("$") or "*" not in line:
        return None
    body, given = line[1:].split("*", 1)
    total = 0
    for c in body:
        total ^= ord(c)
    return body.split(",") if "%02X" % total == given[:2] else None


def degrees(value, hemisphere):
    """ddmm.mmmm as (whole degrees, minutes): 32-bit floats cannot hold both in one number."""
    point = value.index(".")
    whole, minutes = int(value[: point - 2]), float(value[point - 2 :])
    return (-whole, -minutes) if hemisphere in "SW" else (whole, minutes)


def distance_m(a, b):
    """Metres between two near points (latitude, longitude)."""
    north = (b[0][0] - a[0][0]) * 60 + b[0][1] - a[0][1]
    east = (b[1][0] - a[1][0]) * 60 + b[1][1] - a[1][1]
    scale = math.cos(math.radians(a[0][0] + a[0][1] / 60))
    return math.sqrt(north**2 + (east * scale) ** 2) * 1852


last = None
total = 0.0

while True:
    line = uart.readline()
    if not line:
        time.sleep_ms(10)
        continue
    fields = checked(line.decode().strip())
    # GGA: time, latitude, N/S, longitude, E/W, fix, satellites, ..., altitude
    if not fields or fields[0][2:] != "GGA" or fields[6] == "0":
        continue
    here = (degrees(fields[2], fields[3]), degrees(fields[4], fields[5]))
    altitude = float(fields[9])
    if last:
        step = distance_m(last, here)
        if step < 100:
            total += step
    last = here
    (lat, lat_min), (lon, lon_min) = here
    print("lat %d° %.4f' lon %d° %.4f' altitude:%.1f distance:%.1f" % (
        lat, lat_min, lon, lon_min, altitude, total))
