# CPython's datetime. Everything is counted in whole days, seconds and microseconds, as floats have 24 bits only.
import time as _time

MINYEAR = 1
MAXYEAR = 9999
_DAYS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_DAY_NAMES = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTH_NAMES = "January February March April May June July August September October November December".split()
# Ordinal of 1970-01-01.
_EPOCH = 719163


def _leap(y):
    return y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)


def _month_days(y, m):
    return 29 if m == 2 and _leap(y) else 31 - (m - 1) % 7 % 2 if m != 2 else 28


def _ordinal(y, m, d):
    n = y - 1
    return n * 365 + n // 4 - n // 100 + n // 400 + _DAYS[m - 1] + (m > 2 and _leap(y)) + d


def _from_ordinal(n):
    n -= 1
    n400, n = divmod(n, 146097)
    n100, n = divmod(n, 36524)
    n4, n = divmod(n, 1461)
    n1, n = divmod(n, 365)
    y = n400 * 400 + n100 * 100 + n4 * 4 + n1 + 1
    if n1 == 4 or n100 == 4:
        return y - 1, 12, 31
    m = 1
    while m < 12 and n >= _DAYS[m] + (m > 1 and _leap(y)):
        m += 1
    return y, m, n - _DAYS[m - 1] - (m > 2 and _leap(y)) + 1


def _check(value, low, high, what):
    if not isinstance(value, int):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    if not low <= value <= high:
        if what == "year":
            raise ValueError(f"year {value} is out of range")
        if what == "day":
            raise ValueError("day is out of range for month")
        raise ValueError(f"{what} must be in {low}..{high}")
    return value


def _number(text, what):
    if not text.isdigit():
        raise ValueError(f"Invalid isoformat string: {what!r}")
    return int(text)


# Whole parts of a number that may have a fraction, as microseconds a unit.
def _micros(value, unit):
    if isinstance(value, int):
        return value * unit
    whole = int(value)
    return whole * unit + round((value - whole) * unit)


class timedelta:
    def __init__(self, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0):
        self._us = (
            _micros(days, 86400000000)
            + _micros(seconds, 1000000)
            + _micros(microseconds, 1)
            + _micros(milliseconds, 1000)
            + _micros(minutes, 60000000)
            + _micros(hours, 3600000000)
            + _micros(weeks, 604800000000)
        )
        if abs(self.days) > 999999999:
            raise OverflowError(f"days={self.days}; must have magnitude <= 999999999")

    @property
    def days(self):
        return self._us // 86400000000

    @property
    def seconds(self):
        return self._us % 86400000000 // 1000000

    @property
    def microseconds(self):
        return self._us % 1000000

    # A float, as in CPython, unless it would lose seconds that an int keeps.
    def total_seconds(self):
        s, us = divmod(self._us, 1000000)
        f = self._us / 1000000
        return s if us == 0 and f != s else f

    def __repr__(self):
        parts = []
        for name in ("days", "seconds", "microseconds"):
            if getattr(self, name):
                parts.append(f"{name}={getattr(self, name)}")
        return "datetime.timedelta(" + (", ".join(parts) or "0") + ")"

    def __str__(self):
        s = self.seconds
        text = f"{s // 3600}:{s // 60 % 60:02}:{s % 60:02}"
        if self.days:
            text = f"{self.days} day{'' if abs(self.days) == 1 else 's'}, {text}"
        return text + (f".{self.microseconds:06}" if self.microseconds else "")

    def __add__(self, other):
        if isinstance(other, timedelta):
            return timedelta(0, 0, self._us + other._us)
        return NotImplemented

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return timedelta(0, 0, self._us - other._us)
        return NotImplemented

    def __neg__(self):
        return timedelta(0, 0, -self._us)

    def __pos__(self):
        return self

    def __abs__(self):
        return timedelta(0, 0, abs(self._us))

    def __mul__(self, other):
        if isinstance(other, (int, float)):
            return timedelta(0, 0, _micros(other, self._us))
        return NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other):
        if isinstance(other, timedelta):
            return self._us / other._us
        if isinstance(other, int):
            q, r = divmod(self._us, other)
            # Half to even.
            if 2 * r * (1 if other > 0 else -1) + (q & 1) > abs(other):
                q += 1
            return timedelta(0, 0, q)
        if isinstance(other, float):
            return timedelta(0, 0, round(self._us / other))
        return NotImplemented

    def __floordiv__(self, other):
        if isinstance(other, timedelta):
            return self._us // other._us
        if isinstance(other, int):
            return timedelta(0, 0, self._us // other)
        return NotImplemented

    def __mod__(self, other):
        return timedelta(0, 0, self._us % other._us) if isinstance(other, timedelta) else NotImplemented

    def __divmod__(self, other):
        return self // other, self % other

    def __eq__(self, other):
        return self._us == other._us if isinstance(other, timedelta) else NotImplemented

    def __lt__(self, other):
        return self._us < other._us if isinstance(other, timedelta) else NotImplemented

    def __le__(self, other):
        return self._us <= other._us if isinstance(other, timedelta) else NotImplemented

    def __gt__(self, other):
        return self._us > other._us if isinstance(other, timedelta) else NotImplemented

    def __ge__(self, other):
        return self._us >= other._us if isinstance(other, timedelta) else NotImplemented

    def __hash__(self):
        return hash(self._us)

    def __bool__(self):
        return self._us != 0


timedelta.min = timedelta(-999999999)
timedelta.max = timedelta(999999999, 86399, 999999)
timedelta.resolution = timedelta(0, 0, 1)


class tzinfo:
    def utcoffset(self, dt):
        raise NotImplementedError("tzinfo subclass must override utcoffset()")

    def dst(self, dt):
        raise NotImplementedError("tzinfo subclass must override dst()")

    def tzname(self, dt):
        raise NotImplementedError("tzinfo subclass must override tzname()")

    def fromutc(self, dt):
        return dt + self.utcoffset(dt)


def _offset_text(offset, colon=":"):
    if offset is None:
        return ""
    us = abs(offset._us)
    s = us // 1000000
    text = f"{'-' if offset._us < 0 else '+'}{s // 3600:02}{colon}{s // 60 % 60:02}"
    if us % 60000000:
        text += f"{colon}{s % 60:02}"
    return text + (f".{us % 1000000:06}" if us % 1000000 else "")


class timezone(tzinfo):
    def __init__(self, offset, name=None):
        if not isinstance(offset, timedelta):
            raise TypeError("offset must be a timedelta")
        if abs(offset._us) >= 86400000000:
            raise ValueError(
                "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), "
                f"not {offset!r}."
            )
        self._offset = offset
        self._name = name

    def utcoffset(self, dt):
        return self._offset

    def dst(self, dt):
        return None

    def tzname(self, dt):
        if self._name is not None:
            return self._name
        return "UTC" + (_offset_text(self._offset) if self._offset else "")

    def __eq__(self, other):
        return self._offset == other._offset if isinstance(other, timezone) else NotImplemented

    def __hash__(self):
        return hash(self._offset)

    def __repr__(self):
        if self is timezone.utc:
            return "datetime.timezone.utc"
        name = "" if self._name is None else f", {self._name!r}"
        return f"datetime.timezone({self._offset!r}{name})"

    def __str__(self):
        return self.tzname(None)


timezone.utc = UTC = timezone(timedelta(0))
timezone.min = timezone(timedelta(hours=-23, minutes=-59))
timezone.max = timezone(timedelta(hours=23, minutes=59))


# What date, time and datetime have in common: comparing by a key, replacing, formatting.
class _Base:
    def _compare(self, other):
        if not isinstance(other, _Base) or self._kind != other._kind:
            return None
        return self._key(), other._key()

    def __eq__(self, other):
        pair = self._compare(other)
        return NotImplemented if pair is None else pair[0] == pair[1]

    def _pair(self, other):
        pair = self._compare(other)
        if pair is None:
            raise TypeError(f"can't compare {self._name} to {getattr(other, '_name', type(other).__name__)}")
        if (pair[0][0] is None) != (pair[1][0] is None):
            raise TypeError(f"can't compare offset-naive and offset-aware {self._kind}s")
        return pair

    def __lt__(self, other):
        a, b = self._pair(other)
        return a < b

    def __le__(self, other):
        a, b = self._pair(other)
        return a <= b

    def __gt__(self, other):
        a, b = self._pair(other)
        return a > b

    def __ge__(self, other):
        a, b = self._pair(other)
        return a >= b

    def __hash__(self):
        return hash(self._key())

    def replace(self, **changes):
        parts = {name: getattr(self, name) for name in self._fields}
        for name in changes:
            if name not in parts:
                raise TypeError(f"replace() got an unexpected keyword argument '{name}'")
        parts.update(changes)
        return type(self)(**parts)

    def __str__(self):
        return self.isoformat()

    def __format__(self, spec):
        return self.strftime(spec) if spec else str(self)

    def strftime(self, format):
        y, mo, d = getattr(self, "year", 1900), getattr(self, "month", 1), getattr(self, "day", 1)
        h, mi, s = getattr(self, "hour", 0), getattr(self, "minute", 0), getattr(self, "second", 0)
        n = _ordinal(y, mo, d)
        yday = n - _ordinal(y, 1, 1) + 1
        day = (n + 6) % 7
        out = ""
        i = 0
        while i < len(format):
            c = format[i]
            i += 1
            if c != "%" or i == len(format):
                out += c
                continue
            c = format[i]
            i += 1
            if c == "Y":
                out += str(y)
            elif c in "mdHMSyIjf":
                value = {
                    "m": mo,
                    "d": d,
                    "H": h,
                    "M": mi,
                    "S": s,
                    "y": y % 100,
                    "I": h % 12 or 12,
                    "j": yday,
                    "f": getattr(self, "microsecond", 0),
                }[c]
                out += f"{value:0{6 if c == 'f' else 3 if c == 'j' else 2}}"
            elif c in "aA":
                out += _DAY_NAMES[day][: 3 if c == "a" else None]
            elif c in "bBh":
                out += _MONTH_NAMES[mo - 1][: None if c == "B" else 3]
            elif c == "p":
                out += "AM" if h < 12 else "PM"
            elif c == "w":
                out += str((day + 1) % 7)
            elif c == "u":
                out += str(day + 1)
            elif c == "U":
                out += f"{(yday + 6 - (day + 1) % 7) // 7:02}"
            elif c == "W":
                out += f"{(yday + 6 - day) // 7:02}"
            elif c in "GV":
                iso = date(y, mo, d).isocalendar()
                out += str(iso[0]) if c == "G" else f"{iso[1]:02}"
            elif c == "z":
                out += _offset_text(self.utcoffset(), "") if hasattr(self, "utcoffset") else ""
            elif c == "Z":
                out += (self.tzname() or "") if hasattr(self, "tzname") else ""
            elif c in "cxXDTFR":
                out += self.strftime(
                    {
                        "c": f"%a %b {d:2} %H:%M:%S %Y",
                        "x": "%m/%d/%y",
                        "D": "%m/%d/%y",
                        "X": "%H:%M:%S",
                        "T": "%H:%M:%S",
                        "F": "%Y-%m-%d",
                        "R": "%H:%M",
                    }[c]
                )
            elif c == "%":
                out += c
            else:
                out += "%" + c
        return out


class date(_Base):
    _kind = "date"
    _name = "datetime.date"
    _fields = ("year", "month", "day")

    def __init__(self, year, month, day):
        self.year = _check(year, MINYEAR, MAXYEAR, "year")
        self.month = _check(month, 1, 12, "month")
        self.day = _check(day, 1, _month_days(year, month), "day")

    @classmethod
    def today(cls):
        return cls(*_time.localtime()[:3])

    @classmethod
    def fromtimestamp(cls, t):
        return cls.fromordinal(_EPOCH + int(t // 86400))

    @classmethod
    def fromordinal(cls, n):
        if n < 1 or n > 3652059:
            raise ValueError("ordinal must be >= 1" if n < 1 else "year is out of range")
        return cls(*_from_ordinal(n))

    @classmethod
    def fromisoformat(cls, text):
        try:
            return cls(*_iso_date(text))
        except ValueError as e:
            if "range" in str(e) or "must be" in str(e):
                raise
            raise ValueError(f"Invalid isoformat string: {text!r}") from None

    @classmethod
    def fromisocalendar(cls, year, week, day):
        first = _ordinal(year, 1, 4)
        monday = first - (first + 6) % 7
        if not 1 <= week <= 53 or (week == 53 and _from_ordinal(monday + 364 + 3)[0] != year):
            raise ValueError(f"Invalid week: {week}")
        if not 1 <= day <= 7:
            raise ValueError(f"Invalid weekday: {day} (range is [1, 7])")
        return cls.fromordinal(monday + 7 * (week - 1) + day - 1)

    def _key(self):
        return (0, self.toordinal())

    def toordinal(self):
        return _ordinal(self.year, self.month, self.day)

    def weekday(self):
        return (self.toordinal() + 6) % 7

    def isoweekday(self):
        return self.weekday() + 1

    def isocalendar(self):
        n = self.toordinal()
        day = (n + 6) % 7
        # The year of the week's Thursday.
        year = _from_ordinal(n - day + 3)[0]
        return IsoCalendarDate((year, (n - day + 3 - _ordinal(year, 1, 1)) // 7 + 1, day + 1))

    def isoformat(self):
        return f"{self.year:04}-{self.month:02}-{self.day:02}"

    def ctime(self):
        return self.strftime("%c")

    def timetuple(self):
        return _time_tuple(self, 0, 0, 0)

    def __repr__(self):
        return f"datetime.date({self.year}, {self.month}, {self.day})"

    def __add__(self, other):
        if isinstance(other, timedelta):
            n = self.toordinal() + other.days
            if not 1 <= n <= 3652059:
                raise OverflowError("date value out of range")
            return type(self).fromordinal(n)
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return self + timedelta(-other.days)
        if isinstance(other, date) and not isinstance(other, datetime):
            return timedelta(self.toordinal() - other.toordinal())
        return NotImplemented


class IsoCalendarDate(tuple):
    year = property(lambda self: self[0])
    week = property(lambda self: self[1])
    weekday = property(lambda self: self[2])

    def __repr__(self):
        return "datetime.IsoCalendarDate(year=%d, week=%d, weekday=%d)" % tuple(self)


def _time_tuple(d, h, m, s):
    return (
        d.year,
        d.month,
        d.day,
        h,
        m,
        s,
        (_ordinal(d.year, d.month, d.day) + 6) % 7,
        _ordinal(d.year, d.month, d.day) - _ordinal(d.year, 1, 1) + 1,
        -1,
    )


def _iso_date(text):
    if len(text) == 8 and text.isdigit():
        return int(text[:4]), int(text[4:6]), int(text[6:])
    if "W" in text:
        d = text.partition("W")[2].replace("-", "")
        d = date.fromisocalendar(_number(text[:4], text), _number(d[:2], text), _number(d[2:] or "1", text))
        return d.year, d.month, d.day
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError(f"Invalid isoformat string: {text!r}")
    return _number(text[:4], text), _number(text[5:7], text), _number(text[8:], text)


# Hours, minutes, seconds and microseconds of hh[:mm[:ss[.fraction]]] or without colons.
def _iso_clock(text, whole):
    main, _, fraction = text.replace(",", ".").partition(".")
    parts = main.split(":") if ":" in main else [main[i : i + 2] for i in range(0, len(main), 2)]
    if not 1 <= len(parts) <= 3 or any(len(p) != 2 for p in parts) or (fraction and len(parts) != 3):
        raise ValueError(f"Invalid isoformat string: {whole!r}")
    out = [_number(p, whole) for p in parts] + [0, 0]
    return out[0], out[1], out[2] if len(parts) > 2 else 0, _number((fraction + "000000")[:6], whole)


def _iso_time(text, whole):
    text = text[1:] if text[:1] == "T" else text
    zone = None
    if text[-1:] in ("Z", "z"):
        text, zone = text[:-1], timezone.utc
    else:
        for sign in "+-":
            at = text.find(sign)
            if at >= 0:
                h, m, s, us = _iso_clock(text[at + 1 :], whole)
                offset = timedelta(hours=h, minutes=m, seconds=s, microseconds=us)
                zone = timezone(-offset if sign == "-" else offset) if offset else timezone.utc
                text = text[:at]
                break
    return (*_iso_clock(text, whole), zone)


class time(_Base):
    _kind = "time"
    _name = "datetime.time"
    _fields = ("hour", "minute", "second", "microsecond", "tzinfo", "fold")

    def __init__(self, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0):
        self._set_time(hour, minute, second, microsecond, tzinfo, fold)

    def _set_time(self, hour, minute, second, microsecond, tzinfo, fold):
        self.hour = _check(hour, 0, 23, "hour")
        self.minute = _check(minute, 0, 59, "minute")
        self.second = _check(second, 0, 59, "second")
        self.microsecond = _check(microsecond, 0, 999999, "microsecond")
        if tzinfo is not None and not isinstance(tzinfo, _tzinfo):
            raise TypeError(
                f"tzinfo argument must be None or of a tzinfo subclass, not type '{type(tzinfo).__name__}'"
            )
        self.tzinfo = tzinfo
        self.fold = fold

    @classmethod
    def fromisoformat(cls, text):
        h, m, s, us, zone = _iso_time(text, text)
        return cls(h, m, s, us, zone)

    def _clock_us(self):
        return ((self.hour * 60 + self.minute) * 60 + self.second) * 1000000 + self.microsecond

    def _key(self):
        offset = self.utcoffset()
        return (None, self._clock_us()) if offset is None else (0, self._clock_us() - offset._us)

    def isoformat(self, timespec="auto"):
        return _clock_text(self, timespec) + _offset_text(self.utcoffset())

    def utcoffset(self):
        return None if self.tzinfo is None else self.tzinfo.utcoffset(None)

    def dst(self):
        return None if self.tzinfo is None else self.tzinfo.dst(None)

    def tzname(self):
        return None if self.tzinfo is None else self.tzinfo.tzname(None)

    def __repr__(self):
        parts = [str(self.hour), str(self.minute)]
        if self.second or self.microsecond:
            parts.append(str(self.second))
        if self.microsecond:
            parts.append(str(self.microsecond))
        if self.tzinfo is not None:
            parts.append(f"tzinfo={self.tzinfo!r}")
        return "datetime.time(" + ", ".join(parts) + ")"


_tzinfo = tzinfo


def _clock_text(t, timespec):
    if timespec == "auto":
        timespec = "microseconds" if t.microsecond else "seconds"
    text = f"{t.hour:02}"
    if timespec == "hours":
        return text
    text += f":{t.minute:02}"
    if timespec == "minutes":
        return text
    text += f":{t.second:02}"
    if timespec == "seconds":
        return text
    if timespec == "milliseconds":
        return f"{text}.{t.microsecond // 1000:03}"
    if timespec == "microseconds":
        return f"{text}.{t.microsecond:06}"
    raise ValueError("Unknown timespec value")


time.min = time()
time.max = time(23, 59, 59, 999999)
time.resolution = timedelta.resolution


class datetime(date):
    _kind = "datetime"
    _name = "datetime.datetime"
    _fields = date._fields + time._fields
    _set_time = time._set_time
    _clock_us = time._clock_us

    def __init__(
        self, year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0
    ):
        date.__init__(self, year, month, day)
        self._set_time(hour, minute, second, microsecond, tzinfo, fold)

    # Microseconds since the beginning of year 1, of the local clock.
    def _us(self):
        return (self.toordinal() - 1) * 86400000000 + self._clock_us()

    @classmethod
    def _of_us(cls, us, zone):
        days, us = divmod(us, 86400000000)
        if not 0 <= days < 3652059:
            raise OverflowError("date value out of range")
        y, m, d = _from_ordinal(days + 1)
        s, us = divmod(us, 1000000)
        return cls(y, m, d, s // 3600, s // 60 % 60, s % 60, us, zone)

    @classmethod
    def now(cls, tz=None):
        us = _time.time_ns() // 1000 + (_EPOCH - 1) * 86400000000
        return cls._of_us(us, None) if tz is None else tz.fromutc(cls._of_us(us, tz))

    @classmethod
    def today(cls):
        return cls.now()

    @classmethod
    def utcnow(cls):
        return cls.now()

    @classmethod
    def fromtimestamp(cls, t, tz=None):
        us = _micros(t, 1000000) + (_EPOCH - 1) * 86400000000
        return cls._of_us(us, None) if tz is None else tz.fromutc(cls._of_us(us, tz))

    @classmethod
    def utcfromtimestamp(cls, t):
        return cls.fromtimestamp(t)

    @classmethod
    def fromordinal(cls, n):
        return cls(*_from_ordinal(n))

    @classmethod
    def combine(cls, date, time, tzinfo=True):
        zone = time.tzinfo if tzinfo is True else tzinfo
        return cls(date.year, date.month, date.day, time.hour, time.minute, time.second, time.microsecond, zone)

    @classmethod
    def fromisoformat(cls, text):
        at = 8 if text[:8].isdigit() else 10
        if "W" in text[:at]:
            at = text.find("T") if "T" in text else len(text)
        y, m, d = _iso_date(text[:at])
        if len(text) == at:
            return cls(y, m, d)
        h, mi, s, us, zone = _iso_time(text[at + 1 :], text)
        return cls(y, m, d, h, mi, s, us, zone)

    @classmethod
    def strptime(cls, text, format):
        return cls(*_parse(text, format))

    def _key(self):
        offset = self.utcoffset()
        return (None, self._us()) if offset is None else (0, self._us() - offset._us)

    def date(self):
        return date(self.year, self.month, self.day)

    def time(self):
        return time(self.hour, self.minute, self.second, self.microsecond)

    def timetz(self):
        return time(self.hour, self.minute, self.second, self.microsecond, self.tzinfo)

    def utcoffset(self):
        return None if self.tzinfo is None else self.tzinfo.utcoffset(self)

    def dst(self):
        return None if self.tzinfo is None else self.tzinfo.dst(self)

    def tzname(self):
        return None if self.tzinfo is None else self.tzinfo.tzname(self)

    def astimezone(self, tz=timezone.utc):
        us = self._key()[1]
        return tz.fromutc(type(self)._of_us(us, tz))

    # The board's clock is taken to be UTC. A float, unless it would lose seconds that an int keeps.
    def timestamp(self):
        return timedelta(0, 0, self._key()[1] - (_EPOCH - 1) * 86400000000).total_seconds()

    def timetuple(self):
        return _time_tuple(self, self.hour, self.minute, self.second)

    def utctimetuple(self):
        return self.astimezone().timetuple()

    def isoformat(self, sep="T", timespec="auto"):
        return date.isoformat(self) + sep + _clock_text(self, timespec) + _offset_text(self.utcoffset())

    def __str__(self):
        return self.isoformat(" ")

    def __repr__(self):
        parts = [self.year, self.month, self.day, self.hour, self.minute]
        if self.second or self.microsecond:
            parts.append(self.second)
        if self.microsecond:
            parts.append(self.microsecond)
        text = ", ".join([str(p) for p in parts])
        if self.tzinfo is not None:
            text += f", tzinfo={self.tzinfo!r}"
        return f"datetime.datetime({text})"

    def __add__(self, other):
        if isinstance(other, timedelta):
            return type(self)._of_us(self._us() + other._us, self.tzinfo)
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return type(self)._of_us(self._us() - other._us, self.tzinfo)
        if isinstance(other, datetime):
            a, b = self._key(), other._key()
            if (a[0] is None) != (b[0] is None):
                raise TypeError("can't subtract offset-naive and offset-aware datetimes")
            return timedelta(0, 0, a[1] - b[1])
        return NotImplemented


date.min = date(1, 1, 1)
date.max = date(9999, 12, 31)
date.resolution = timedelta(1)
datetime.min = datetime(1, 1, 1)
datetime.max = datetime(9999, 12, 31, 23, 59, 59, 999999)
datetime.resolution = timedelta.resolution


def _parse(text, format):
    values = {"Y": 1900, "m": 1, "d": 1, "H": 0, "M": 0, "S": 0, "f": 0}
    zone = None
    at = i = 0

    def wrong():
        return ValueError(f"time data {text!r} does not match format {format!r}")

    for short, long in (("F", "%Y-%m-%d"), ("T", "%H:%M:%S"), ("R", "%H:%M"), ("D", "%m/%d/%y")):
        format = format.replace("%" + short, long)
    while i < len(format):
        c = format[i]
        i += 1
        if c == " ":
            while text[at : at + 1].isspace():
                at += 1
            continue
        if c != "%":
            if text[at : at + 1] != c:
                raise wrong()
            at += 1
            continue
        c = format[i]
        i += 1
        if c in "YmdHMSyIjf":
            most = 4 if c == "Y" else 3 if c == "j" else 6 if c == "f" else 2
            end = at
            while end < len(text) and end - at < most and text[end].isdigit():
                end += 1
            if end == at or (c == "Y" and end - at != 4):
                raise wrong()
            digits = text[at:end]
            values[c] = int((digits + "000000")[:6] if c == "f" else digits)
            at = end
        elif c in "bBhaAp":
            names = ("AM", "PM") if c == "p" else _DAY_NAMES if c in "aA" else _MONTH_NAMES
            for n, name in enumerate(names):
                name = name if c in "pAB" else name[:3]
                if text[at : at + len(name)].lower() == name.lower():
                    values[c.lower() if c != "h" else "b"] = n
                    at += len(name)
                    break
            else:
                raise wrong()
        elif c == "z":
            end = at
            while end < len(text) and text[end] in "+-:.Z0123456789":
                end += 1
            zone = _iso_time("00:00" + text[at:end], text)[4]
            at = end
        elif c == "Z":
            end = at
            while end < len(text) and text[end].isalpha():
                end += 1
            if text[at:end] not in ("UTC", "GMT"):
                raise wrong()
            at = end
        elif c == "%":
            if text[at : at + 1] != "%":
                raise wrong()
            at += 1
        else:
            raise ValueError(f"'{c}' is a bad directive in format '{format}'")
    if at != len(text):
        raise ValueError("unconverted data remains: " + text[at:])
    if "y" in values:
        values["Y"] = values["y"] + (1900 if values["y"] >= 69 else 2000)
    if "b" in values:
        values["m"] = values["b"] + 1
    if "I" in values:
        values["H"] = values["I"] % 12 + 12 * values.get("p", 0)
    y, m, d = values["Y"], values["m"], values["d"]
    if "j" in values:
        y, m, d = _from_ordinal(_ordinal(y, 1, 1) + values["j"] - 1)
    return y, m, d, values["H"], values["M"], values["S"], values["f"], zone
