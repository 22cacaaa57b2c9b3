import io, json, os, sys, vfs


class Disk:
    def __init__(self, blocks, size):
        self.size = size
        self.bytes = bytearray(blocks * size)

    def readblocks(self, n, buf, offset=0):
        at = n * self.size + offset
        buf[:] = self.bytes[at : at + len(buf)]

    def writeblocks(self, n, buf, offset=None):
        at = n * self.size + (offset or 0)
        self.bytes[at : at + len(buf)] = buf

    def ioctl(self, what, value):
        if what == 4:
            return len(self.bytes) // self.size
        if what == 5:
            return self.size
        if what == 6:
            return 0


def use(root):
    name = root + "/" + "n" * 60
    text = "line of text\n" * 200
    with open(name, "w") as f:
        f.write(text)
    with open(name) as f:
        assert f.read() == text
    with open(name) as f:
        assert len(list(f)) == 200
    with open(name, "rb") as f:
        f.seek(-1000, 2)
        assert len(f.read()) == 1000
        f.seek(0)
        assert f.readinto(bytearray(1500)) == 1500
        f.seek(0)
        assert len(f.readlines()) == 200
    with open(name, "a") as f:
        json.dump(list(range(400)), f)
    os.mkdir(root + "/d")
    os.rename(name, root + "/d/f")
    assert os.stat(root + "/d/f")[6] > 2000
    assert list(os.ilistdir(root + "/d")) and os.listdir(root + "/d") == ["f"]
    os.statvfs(root or "/")
    os.remove(root + "/d/f")
    os.rmdir(root + "/d")


def tidy(root):
    for path in ("/d/f", "/" + "n" * 60, "/wide.py"):
        try:
            os.remove(root + path)
        except OSError:
            pass
    try:
        os.rmdir(root + "/d")
    except OSError:
        pass


tidy("")
use("")
disk = Disk(64, 512)
vfs.VfsFat.mkfs(disk)
vfs.mount(vfs.VfsFat(disk), "/fat")
use("/fat")
vfs.umount("/fat")
disk = Disk(32, 1024)
vfs.VfsLfs2.mkfs(disk, progsize=256)
vfs.mount(vfs.VfsLfs2(disk, lookahead=64), "/lfs")
use("/lfs")
vfs.umount("/lfs")
with open("/wide.py", "w") as f:
    for i in range(60):
        f.write("def f%d(a, b=%d):\n    return a + b\n" % (i, i))
sys.path.insert(0, "/")
import wide

assert wide.f7(1) == 8
exec(open("/wide.py").read())
tidy("")
