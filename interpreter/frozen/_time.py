# The part of time that is Python. There are no time zones: local time is what the clock says.
from time import gmtime, ticks_diff, ticks_us

_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
timezone = altzone = daylight = 0
tzname = ("UTC", "UTC")


def asctime(t=None):
    t = gmtime() if t is None else t
    return f"{_DAYS[t[6]]} {_MONTHS[t[1] - 1]} {t[2]:2} {t[3]:02}:{t[4]:02}:{t[5]:02} {t[0]}"


def ctime(secs=None):
    return asctime(gmtime() if secs is None else gmtime(secs))


def strftime(format, t=None):
    from datetime import datetime

    t = gmtime() if t is None else t
    return datetime(t[0], max(t[1], 1), max(t[2], 1), t[3], t[4], min(t[5], 59)).strftime(format)


def strptime(string, format="%a %b %d %H:%M:%S %Y"):
    from datetime import datetime

    return datetime.strptime(string, format).timetuple()
