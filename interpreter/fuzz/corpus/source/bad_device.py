# Block devices that say what no file system can work with.
import vfs

class Device:
    def __init__(self, size, count):
        self.size, self.count = size, count
    def readblocks(self, block, buf, offset=0):
        pass
    def writeblocks(self, block, buf, offset=0):
        pass
    def ioctl(self, op, arg):
        return {4: self.count, 5: self.size}.get(op, 0)

for size in (0, 1, 64, 100, 128, 300, 512, -1, 1 << 40):
    for count in (0, 1, 16, -1):
        for kind in (vfs.VfsLfs2, vfs.VfsFat):
            for make in (kind, kind.mkfs):
                try:
                    make(Device(size, count))
                except Exception as e:
                    pass
print("done")
