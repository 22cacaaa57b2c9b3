"""A small driver for Bosch's BME280: temperature, humidity and pressure over I2C.

Register addresses and the compensation formulas are those of the data sheet (BST-BME280-DS002,
sections 4.2 and 5.4), in the floating-point form.
"""

import struct
import time
from micropython import const

_ID = const(0xD0)
_CALIBRATION_1 = const(0x88)
_CALIBRATION_2 = const(0xE1)
_CTRL_HUM = const(0xF2)
_STATUS = const(0xF3)
_CTRL_MEAS = const(0xF4)
_DATA = const(0xF7)


class BME280:
    """One sensor. `read()` takes a measurement and returns (°C, %RH, hPa)."""

    def __init__(self, i2c, address=0x76):
        self._i2c = i2c
        self._address = address
        chip = i2c.readfrom_mem(address, _ID, 1)[0]
        if chip != 0x60:
            raise OSError("no BME280 at 0x%02x: chip id 0x%02x" % (address, chip))
        first = i2c.readfrom_mem(address, _CALIBRATION_1, 26)
        second = i2c.readfrom_mem(address, _CALIBRATION_2, 7)
        self._t = struct.unpack_from("<Hhh", first, 0)
        self._p = struct.unpack_from("<Hhhhhhhhh", first, 6)
        h2, h3 = struct.unpack_from("<hB", second, 0)
        # H4 and H5 are 12 bits each and share a byte.
        h4 = struct.unpack_from("<b", second, 3)[0] * 16 + (second[4] & 15)
        h5 = struct.unpack_from("<b", second, 5)[0] * 16 + (second[4] >> 4)
        h6 = struct.unpack_from("<b", second, 6)[0]
        self._h = (first[25], h2, h3, h4, h5, h6)

    def read(self):
        # One measurement of each (forced mode), then wait until the sensor is no longer busy.
        self._i2c.writeto_mem(self._address, _CTRL_HUM, b"\x01")
        self._i2c.writeto_mem(self._address, _CTRL_MEAS, b"\x25")
        time.sleep_ms(10)
        while self._i2c.readfrom_mem(self._address, _STATUS, 1)[0] & 8:
            time.sleep_ms(1)
        data = self._i2c.readfrom_mem(self._address, _DATA, 8)
        raw_p = (data[0] << 12) | (data[1] << 4) | (data[2] >> 4)
        raw_t = (data[3] << 12) | (data[4] << 4) | (data[5] >> 4)
        raw_h = (data[6] << 8) | data[7]
        fine = self._fine(raw_t)
        return fine / 5120, self._humidity(raw_h, fine), self._pressure(raw_p, fine)

    def _fine(self, raw):
        t1, t2, t3 = self._t
        a = (raw / 16384 - t1 / 1024) * t2
        b = raw / 131072 - t1 / 8192
        return a + b * b * t3

    def _pressure(self, raw, fine):
        p1, p2, p3, p4, p5, p6, p7, p8, p9 = self._p
        a = fine / 2 - 64000
        b = a * a * p6 / 32768
        b = b + a * p5 * 2
        b = b / 4 + p4 * 65536
        a = (p3 * a * a / 524288 + p2 * a) / 524288
        a = (1 + a / 32768) * p1
        if a == 0:
            return 0.0
        p = (1048576 - raw - b / 4096) * 6250 / a
        p = p + (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16
        return p / 100

    def _humidity(self, raw, fine):
        h1, h2, h3, h4, h5, h6 = self._h
        x = fine - 76800
        x = (raw - (h4 * 64 + h5 / 16384 * x)) * (
            h2 / 65536 * (1 + h6 / 67108864 * x * (1 + h3 / 67108864 * x))
        )
        x = x * (1 - h1 * x / 524288)
        return min(100.0, max(0.0, x))
