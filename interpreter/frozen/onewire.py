import _onewire


class OneWireError(Exception):
    pass


class OneWire:
    SEARCH_ROM = 0xF0
    MATCH_ROM = 0x55
    SKIP_ROM = 0xCC

    def __init__(self, pin):
        self.pin = pin
        pin.init(pin.OPEN_DRAIN, pin.PULL_UP)

    def reset(self, required=False):
        present = _onewire.reset(self.pin)
        if required and not present:
            raise OneWireError
        return present

    def readbit(self):
        return _onewire.readbit(self.pin)

    def readbyte(self):
        return _onewire.readbyte(self.pin)

    def readinto(self, buf):
        for i in range(len(buf)):
            buf[i] = _onewire.readbyte(self.pin)

    def writebit(self, value):
        _onewire.writebit(self.pin, value)

    def writebyte(self, value):
        _onewire.writebyte(self.pin, value)

    def write(self, buf):
        for b in buf:
            _onewire.writebyte(self.pin, b)

    def select_rom(self, rom):
        self.reset()
        self.writebyte(self.MATCH_ROM)
        self.write(rom)

    # All devices, found bit by bit: where both values answer, the last place of doubt is decided the other
    # way in the next pass.
    def scan(self):
        found = []
        rom = bytearray(8)
        last = 65
        while last and self.reset():
            self.writebyte(self.SEARCH_ROM)
            doubt = 0
            for place in range(1, 65):
                byte, mask = (place - 1) >> 3, 1 << ((place - 1) & 7)
                is_one, is_zero = self.readbit(), self.readbit()
                if is_one and is_zero:
                    # Nobody answers any more.
                    return found
                bit = is_one
                if not is_one and not is_zero:
                    bit = bool(rom[byte] & mask) if place < last else place == last
                    if not bit:
                        doubt = place
                self.writebit(bit)
                rom[byte] = rom[byte] | mask if bit else rom[byte] & ~mask
            if last == 65 or bytearray(rom) not in found:
                found.append(bytearray(rom))
            last = doubt
        return found

    def crc8(self, data):
        return _onewire.crc8(data)
