# FAT on block devices of several sizes: names, folders, growth, removal.
import os
import vfs


class Device:
    SIZE = 512

    def __init__(self, blocks):
        self.blocks = blocks
        self.data = {}

    def readblocks(self, block, buf):
        for i in range(0, len(buf), self.SIZE):
            buf[i : i + self.SIZE] = self.data.get(block, bytes(self.SIZE))
            block += 1

    def writeblocks(self, block, buf):
        for i in range(0, len(buf), self.SIZE):
            self.data[block] = bytes(buf[i : i + self.SIZE])
            block += 1

    def ioctl(self, request, argument):
        if request == 4:
            return self.blocks
        if request == 5:
            return self.SIZE


def check(blocks):
    device = Device(blocks)
    vfs.VfsFat.mkfs(device)
    fs = vfs.VfsFat(device)
    block, _, total, free = fs.statvfs("/")[:4]
    print(blocks, block, total, free)
    long_name = "A rather long name, in mixed Case, with ümläuts.text"
    with fs.open(long_name, "w") as f:
        f.write("long")
    for name in ("SHORT.TXT", "lower.txt", "A rather long name, too.text"):
        with fs.open(name, "w") as f:
            f.write(name)
    print(sorted(e[0] for e in fs.ilistdir()))
    print(fs.open(long_name.upper(), "r").read(), fs.open("Lower.TXT", "r").read())
    fs.mkdir("sub")
    fs.mkdir("sub/deeper")
    # More entries than a cluster holds.
    for i in range(20):
        with fs.open("sub/file number {}.dat".format(i), "wb") as f:
            f.write(bytes([i]) * i)
    print(len(list(fs.ilistdir("sub"))), fs.stat("sub/file number 19.dat")[6])
    for i in range(0, 20, 2):
        fs.remove("sub/file number {}.dat".format(i))
    print(sorted(e[3] for e in fs.ilistdir("sub")))
    # A file that grows in steps, read back across sectors.
    with fs.open("big.bin", "wb") as f:
        for i in range(30):
            f.write(bytes([i]) * 101)
    with fs.open("big.bin", "rb") as f:
        data = f.read()
        print(len(data), all(data[i * 101 + 50] == i for i in range(30)))
        f.seek(-101, 2)
        print(set(f.read()), f.tell())
    with fs.open("big.bin", "r+b") as f:
        f.seek(510)
        f.write(b"across")
        f.seek(508)
        print(f.read(10))
    with fs.open("big.bin", "ab") as f:
        f.write(b"end")
    print(fs.stat("big.bin")[6], fs.open("big.bin", "rb").read()[-4:])
    # Moving and renaming.
    fs.rename("big.bin", "sub/deeper/Big.bin")
    fs.rename("sub/deeper", "moved")
    fs.rename("lower.txt", "LOWER.txt")
    print(sorted(e[0] for e in fs.ilistdir("moved")), fs.stat("moved/big.BIN")[6])
    for what in (
        lambda: fs.rmdir("sub"),
        lambda: fs.mkdir("moved"),
        lambda: fs.open("none", "r"),
        lambda: fs.open("SHORT.TXT", "x"),
        lambda: fs.open("moved", "w"),
        lambda: fs.remove("sub/none"),
        lambda: fs.open("bad:name", "w"),
        lambda: fs.stat("none/file"),
    ):
        try:
            what()
        except OSError as e:
            print(e.errno, end=" ")
    print()
    # All of it goes, and all of the space comes back.
    for e in list(fs.ilistdir("sub")):
        fs.remove("sub/" + e[0])
    fs.rmdir("sub")
    fs.remove("moved/Big.bin")
    fs.rmdir("moved")
    for e in list(fs.ilistdir()):
        fs.remove(e[0])
    print(list(fs.ilistdir()), fs.statvfs("/")[3] == free)
    # Until it is full.
    if blocks < 100:
        with fs.open("full", "wb") as f:
            try:
                while True:
                    f.write(bytes(512))
            except OSError as e:
                print("errno", e.errno)
        print(fs.statvfs("/")[3])
        fs.remove("full")
    # Another mount sees what the first one wrote.
    with fs.open("kept.txt", "w") as f:
        f.write("kept")
    vfs.mount(device, "/card")
    print(os.listdir("/card"), open("/card/kept.txt").read(), vfs.mount()[-1])
    vfs.umount("/card")


check(90)
check(9000)
