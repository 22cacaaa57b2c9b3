# File systems on block devices in Python, and file systems in Python, mounted side by side.
import io
import os
import vfs


class Device:
    SIZE = 1024

    def __init__(self, blocks):
        self.data = bytearray(blocks * self.SIZE)
        self.broken = False

    def readblocks(self, block, buf, offset=0):
        if self.broken:
            raise ValueError("broken")
        at = block * self.SIZE + offset
        buf[:] = self.data[at : at + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        at = block * self.SIZE + offset
        self.data[at : at + len(buf)] = buf

    def ioctl(self, request, argument):
        if request == 4:
            return len(self.data) // self.SIZE
        if request == 5:
            return self.SIZE
        if request == 6:
            at = argument * self.SIZE
            self.data[at : at + self.SIZE] = b"\xff" * self.SIZE
            return 0


device = Device(32)
vfs.VfsLfs2.mkfs(device)
fs = vfs.VfsLfs2(device)
print(fs.statvfs("/")[:3], fs.getcwd())
with fs.open("/a.txt", "w") as f:
    f.write("written on the device")
fs.mkdir("sub")
fs.chdir("sub")
with fs.open("b.bin", "wb") as f:
    f.write(bytes(range(256)) * 12)
print(fs.getcwd(), fs.stat("b.bin")[6], sorted(e[0] for e in fs.ilistdir("/")))
fs.chdir("/")

vfs.mount(fs, "/dev1")
print(os.listdir("/dev1"), open("/dev1/a.txt").read())
with open("/dev1/sub/b.bin", "rb") as f:
    f.seek(-2, 2)
    print(f.read())
os.chdir("/dev1/sub")
print(os.getcwd(), os.listdir(), os.stat("b.bin")[6])
os.rename("b.bin", "../c.bin")
print(sorted(os.listdir("/dev1")))
os.remove("/dev1/c.bin")
os.chdir("/")

# The same device again, found out by itself.
vfs.umount("/dev1")
vfs.mount(device, "/dev2")
print(vfs.mount()[-1][1], os.listdir("/dev2"))


class Words(io.IOBase):
    def __init__(self, text):
        self.text = text

    def read(self):
        return self.text

    def close(self):
        pass


class Shouting:
    def mount(self, readonly, mkfs):
        print("mount", readonly, mkfs)

    def umount(self):
        print("umount")

    def open(self, path, mode):
        return Words(path.upper() + " " + mode)

    def stat(self, path):
        if path == "/x":
            return (0x8000, 0, 0, 0, 0, 0, 7, 0, 0, 0)
        raise OSError(2)

    def ilistdir(self, path):
        yield ("x", 0x8000, 0, 7)

    def chdir(self, path):
        print("chdir", path)

    def getcwd(self):
        return "/inside"


shouting = Shouting()
vfs.mount(shouting, "/loud", readonly=True)
print(open("/loud/hello").read(), os.listdir("/loud"), os.stat("/loud/x")[6])
print(sorted(os.listdir("/")))
os.chdir("/loud/deep")
print(os.getcwd(), open("near").read())
os.chdir("/")
for attempt in (
    lambda: os.stat("/loud/y"),
    lambda: os.rename("/loud/x", "/dev2/x"),
    lambda: vfs.mount(shouting, "/loud"),
    lambda: vfs.umount("/nothing"),
    lambda: os.listdir("/nothing"),
    lambda: os.mkdir("/loud"),
):
    try:
        print(attempt())
    except OSError as e:
        print("OSError", e.errno)
vfs.umount(shouting)

# What a device raises comes out of whatever was done.
device.broken = True
try:
    os.listdir("/dev2")
except ValueError as e:
    print("raised", e)
device.broken = False
print(os.listdir("/dev2"))
try:
    vfs.VfsLfs2(Device(8))
except OSError as e:
    print("no file system", e.errno)
vfs.umount("/dev2")
print(vfs.mount())
