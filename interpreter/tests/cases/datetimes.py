# datetime against CPython.
from datetime import *


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except (ValueError, TypeError, OverflowError) as e:
        return type(e).__name__ + ": " + str(e)


d = timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5, microseconds=6)
print(d, repr(d), d.days, d.seconds, d.microseconds, -d, abs(-d) == d, timedelta(0), repr(timedelta()))
print(timedelta(weeks=1), timedelta(days=-1, seconds=1), timedelta(1.5), timedelta(seconds=0.25), timedelta(hours=2.5))
print(d * 2, 3 * d, d / 2, d // 3, d / timedelta(hours=1) > 26, d // timedelta(hours=1), d % timedelta(hours=1), timedelta(3) / 7)
print(d < timedelta(2), d == timedelta(1), d != 5, bool(timedelta()), timedelta(seconds=90).total_seconds(), timedelta(seconds=0.5).total_seconds())
print(len({timedelta(1), timedelta(hours=24)}), sum([timedelta(1), timedelta(2)], timedelta()), divmod(timedelta(5), timedelta(2)))

x = date(2024, 2, 29)
print(x, repr(x), x.weekday(), x.isoweekday(), tuple(x.isocalendar()), x.isocalendar().week, x.toordinal(), x.ctime())
print(x + timedelta(1), x - timedelta(60), x - date(2023, 3, 1), x.replace(day=1), x < date(2024, 3, 1), x == date(2024, 2, 29))
print(date.fromordinal(1), date.fromordinal(3652059), date.fromordinal(738000), date.min, date.max)
for y in (1900, 2000, 2023, 2024):
    print([date.fromordinal(date(y, m, 1).toordinal() + 35).isoformat() for m in range(1, 13)])
print(date.fromisoformat("2011-11-04"), date.fromisoformat("20111104"), date.fromisoformat("2011-W01-2"), date.fromisocalendar(2020, 53, 7))
print([tuple(date(y, 1, 1).isocalendar()) for y in range(2015, 2027)])
for bad in ((2023, 2, 29), (0, 1, 1), (2023, 13, 1), (2023, 4, 31), ("2", 1, 1)):
    print(attempt(date, *bad))
print(attempt(date.fromisoformat, "2023-1-1"), attempt(date.fromisoformat, "2023-02-30"), attempt(lambda: x + 5)[:9], attempt(lambda: x < 5)[:9])

t = time(13, 5, 9, 120000)
print(t, repr(t), t.isoformat("minutes"), t.isoformat("milliseconds"), time(1, 2), repr(time(1, 2)), time.max, t < time(14))
print(time.fromisoformat("04:23:01.000384"), time.fromisoformat("T0423"), time.fromisoformat("04:23:01+04:00"), repr(time(1, tzinfo=timezone.utc)))
print(attempt(time, 24), attempt(time.fromisoformat, "4:23"))

a = datetime(2021, 12, 31, 23, 59, 59, 999999)
print(a, repr(a), a + timedelta(microseconds=1), a - timedelta(days=365), a - datetime(2021, 1, 1), a.date(), a.time())
print(a.isoformat(), a.isoformat(" ", "hours"), a.replace(microsecond=0, year=2000), a.weekday(), a.timetuple()[:9])
print(datetime.combine(date(2020, 1, 2), time(3, 4)), datetime(2020, 1, 1) < a, a == datetime(2021, 12, 31), a != x, repr(datetime(2020, 1, 1)))
for text in ("2011-11-04", "2011-11-04T00:05:23", "2011-11-04 00:05:23.283", "2011-11-04T00:05:23+04:00", "2011-11-04T00:05:23Z", "20111104T000523"):
    print(datetime.fromisoformat(text), repr(datetime.fromisoformat(text)))
for f in ("%Y-%m-%d %H:%M:%S.%f", "%a %A %b %B %d %j %p %I %y %%", "%U %W %w %u %G-%V", "%c | %x | %X", "%F %T %z%Z", "%D %R"):
    print(a.strftime(f), "/", x.strftime(f))
print(f"{a:%H:%M} {x:%d.%m.%Y} {t:%H} {a}")
for text, f in (
    ("21/11/06 16:30", "%d/%m/%y %H:%M"),
    ("Tue Nov 21 16:30:00 2006", "%a %b %d %H:%M:%S %Y"),
    ("2006-11-21T04:05:06.5 PM", "%Y-%m-%dT%I:%M:%S.%f %p"),
    ("December 3, 1999 +0130", "%B %d, %Y %z"),
    ("2024 060", "%Y %j"),
    ("2024-1-2", "%Y-%m-%d"),
):
    print(datetime.strptime(text, f))
print(attempt(datetime.strptime, "abc", "%Y"), attempt(datetime.strptime, "2020x", "%Y"), attempt(datetime.strptime, "2020-13", "%Y-%m")[:10])

cet = timezone(timedelta(hours=1), "CET")
est = timezone(-timedelta(hours=5))
u = datetime(2020, 6, 1, 12, tzinfo=timezone.utc)
print(cet, est, timezone.utc, repr(est), repr(timezone.utc), u, u.astimezone(est), u.astimezone(cet).isoformat(), u.tzname(), u.utcoffset())
print(u.astimezone(cet) == u, u - datetime(2020, 6, 1, tzinfo=est), u.astimezone(est).date(), attempt(lambda: u < a), attempt(lambda: u - a), u == a)
print(timezone(timedelta(hours=-3, minutes=-30)), attempt(timezone, timedelta(1))[:10], u.strftime("%z %Z"), hash(u) == hash(u.astimezone(cet)))
print(datetime.fromtimestamp(1000000000, timezone.utc), datetime.fromtimestamp(0, est), u.timestamp() == 1591012800)
print(isinstance(datetime.now(), datetime), datetime.now(timezone.utc).tzinfo, isinstance(date.today(), date), attempt(lambda: datetime.max + timedelta(1)))


class Zone(tzinfo):
    def utcoffset(self, dt):
        return timedelta(minutes=90)

    def dst(self, dt):
        return timedelta(0)

    def tzname(self, dt):
        return "Z90"


print(datetime(2020, 1, 1, tzinfo=Zone()), datetime(2020, 1, 1, tzinfo=Zone()).strftime("%Z"), u.astimezone(Zone()))
