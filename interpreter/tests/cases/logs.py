# logging against CPython.
import io
import logging
import sys

out = io.StringIO()
log = logging.getLogger("app")
h = logging.StreamHandler(out)
h.setFormatter(logging.Formatter("%(levelname)-8s|%(name)s|%(message)s"))
log.addHandler(h)
log.propagate = False
log.debug("no")
log.warning("plain %s %d", "text", 5)
log.setLevel(logging.DEBUG)
log.debug("yes %(a)s", {"a": 1})
log.info(["not", "text"])
child = logging.getLogger("app.part.one")
child.error("from below")
part = logging.getLogger("app.part")
print(child.parent.name, part.parent.name, log.parent.name, child.getEffectiveLevel(), log.isEnabledFor(5), part.getChild("one") is child)
h.setLevel("ERROR")
child.warning("hidden")
child.critical("shown")
h.setLevel(logging.NOTSET)
h.addFilter(logging.Filter("app.part"))
log.error("filtered")
child.error("passes")
h.addFilter(lambda r: "not" not in r.getMessage())
child.error("not this")
print(out.getvalue())

out = io.StringIO()
logging.basicConfig(stream=out, level=logging.INFO, format="{levelname}:{message}", style="{")
logging.info("root %d", 1)
logging.debug("hidden")
logging.getLogger("other").info("propagates")
logging.log(35, "between")
try:
    1 / 0
except ZeroDivisionError as e:
    logging.error("with exception", exc_info=e)
text = out.getvalue()
print(text.split("\n")[:5], "ZeroDivisionError: division by zero" in text)
logging.disable(logging.ERROR)
logging.error("off")
logging.critical("on")
logging.disable(logging.NOTSET)
print(out.getvalue().split("\n")[-2:])
print(logging.getLevelName(20), logging.getLevelName("ERROR"), logging.getLevelName(33))
logging.addLevelName(33, "ODD")
print(logging.getLevelName(33), logging.getLogger(), logging.getLogger("app"), logging.getLogger() is logging.root)


class Count(logging.Handler):
    n = 0

    def emit(self, record):
        self.n += 1
        print(self.format(record), record.levelno, record.args, record.extra_field)


c = Count()
log.handlers = [c]
log.error("x%s", 1, extra={"extra_field": "more"})
logging.LoggerAdapter(log, {"extra_field": "adapted"}).info("y")
print(c.n, log.hasHandlers())
for bad in ("NOPE", None):
    try:
        log.setLevel(bad)
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
r = logging.LogRecord("n", 30, "/a/b.py", 7, "m %s", ("z",), None)
print(logging.Formatter("%(filename)s %(module)s %(lineno)d %(message)s %(levelname)s").format(r), r)
f = logging.Formatter("%(asctime)s")
print(len(f.format(r)), f.format(r)[4], f.format(r)[-4])
