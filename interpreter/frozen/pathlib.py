# CPython's pathlib, as far as there is a file system for it.
import os

_DIR = 0x4000


class Path:
    def __init__(self, *parts):
        path = ""
        for part in parts:
            part = str(part)
            path = part if part.startswith("/") or not path else path.rstrip("/") + "/" + part
        names = [name for name in path.split("/") if name not in ("", ".")]
        self._root = "/" if path.startswith("/") else ""
        self._names = names

    def __str__(self):
        return self._root + "/".join(self._names) or "."

    __fspath__ = as_posix = __str__

    def __repr__(self):
        return "PosixPath(%r)" % str(self)

    def __hash__(self):
        return hash(str(self))

    def __eq__(self, other):
        return str(self) == str(other) if isinstance(other, Path) else NotImplemented

    def __lt__(self, other):
        return self.parts < other.parts if isinstance(other, Path) else NotImplemented

    def __truediv__(self, other):
        return type(self)(self, other)

    def __rtruediv__(self, other):
        return type(self)(other, self)

    def joinpath(self, *others):
        return type(self)(self, *others)

    @classmethod
    def cwd(cls):
        return cls(os.getcwd())

    @property
    def parts(self):
        return tuple([self._root] * bool(self._root) + self._names)

    root = anchor = property(lambda self: self._root)

    @property
    def name(self):
        return self._names[-1] if self._names else ""

    @property
    def suffix(self):
        at = self.name.rfind(".")
        return self.name[at:] if 0 < at < len(self.name) - 1 else ""

    @property
    def suffixes(self):
        return ["." + part for part in self.name.lstrip(".").split(".")[1:]]

    @property
    def stem(self):
        return self.name[: len(self.name) - len(self.suffix)]

    @property
    def parent(self):
        return self._with(self._names[:-1])

    @property
    def parents(self):
        return tuple([self._with(self._names[:n]) for n in range(len(self._names) - 1, -1, -1)])

    def _with(self, names):
        return type(self)(self._root + "/".join(names))

    def with_name(self, name):
        if not self.name:
            raise ValueError("%r has an empty name" % self)
        return self._with(self._names[:-1] + [name])

    def with_suffix(self, suffix):
        return self.with_name(self.stem + suffix)

    def with_stem(self, stem):
        return self.with_name(stem + self.suffix)

    def is_absolute(self):
        return bool(self._root)

    def absolute(self):
        return self if self._root else type(self)(os.getcwd(), self)

    def resolve(self, strict=False):
        names = []
        for name in self.absolute()._names:
            if name != "..":
                names.append(name)
            elif names:
                names.pop()
        path = type(self)("/" + "/".join(names))
        if strict:
            path.stat()
        return path

    def relative_to(self, other):
        other = type(self)(other)
        n = len(other._names)
        if other._root != self._root or self._names[:n] != other._names:
            raise ValueError("%r is not in the subpath of %r" % (str(self), str(other)))
        return type(self)("/".join(self._names[n:]))

    def is_relative_to(self, other):
        try:
            self.relative_to(other)
            return True
        except ValueError:
            return False

    def match(self, pattern):
        return _matches(self.name, pattern)

    def stat(self):
        return os.stat(str(self))

    def exists(self):
        try:
            self.stat()
            return True
        except OSError:
            return False

    def is_dir(self):
        return self.exists() and self.stat()[0] & _DIR != 0

    def is_file(self):
        return self.exists() and self.stat()[0] & _DIR == 0

    def iterdir(self):
        for name in os.listdir(str(self)):
            yield self / name

    def glob(self, pattern):
        first, _, rest = pattern.partition("/")
        if first == "**":
            yield from self.glob(rest or "*")
            for path in self.iterdir():
                if path.is_dir():
                    yield from path.glob(pattern)
            return
        for path in self.iterdir():
            if _matches(path.name, first):
                if not rest:
                    yield path
                elif path.is_dir():
                    yield from path.glob(rest)

    def rglob(self, pattern):
        return self.glob("**/" + pattern)

    def mkdir(self, mode=0o777, parents=False, exist_ok=False):
        try:
            os.mkdir(str(self))
        except OSError as exc:
            if exc.errno == 2 and parents:
                self.parent.mkdir(parents=True, exist_ok=True)
                self.mkdir(exist_ok=exist_ok)
            elif not exist_ok or not self.is_dir():
                raise

    def rmdir(self):
        os.rmdir(str(self))

    def unlink(self, missing_ok=False):
        if self.exists() or not missing_ok:
            os.remove(str(self))

    def rename(self, target):
        os.rename(str(self), str(target))
        return type(self)(target)

    replace = rename

    def touch(self, mode=0o666, exist_ok=True):
        if self.exists() and not exist_ok:
            raise OSError(17)
        open(str(self), "a").close()

    def open(self, mode="r", buffering=-1, encoding=None, errors=None, newline=None):
        return open(str(self), mode)

    def _read(self, mode):
        with open(str(self), mode) as f:
            return f.read()

    def _write(self, data, mode):
        with open(str(self), mode) as f:
            return f.write(data)

    def read_text(self, encoding=None, errors=None):
        return self._read("r")

    def read_bytes(self):
        return self._read("rb")

    def write_text(self, data, encoding=None, errors=None, newline=None):
        return self._write(data, "w")

    def write_bytes(self, data):
        return self._write(data, "wb")


PurePath = PosixPath = PurePosixPath = Path


# A name against a pattern of * and ?.
def _matches(name, pattern):
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(_matches(name[i:], pattern[1:]) for i in range(len(name) + 1))
    return bool(name) and pattern[0] in ("?", name[0]) and _matches(name[1:], pattern[1:])
