# CPython's logging: levels, loggers by dotted names, handlers, filters and formatters. One thread, no configuration
# files.
import io
import sys
import time

CRITICAL = FATAL = 50
ERROR = 40
WARNING = WARN = 30
INFO = 20
DEBUG = 10
NOTSET = 0

_names = {50: "CRITICAL", 40: "ERROR", 30: "WARNING", 20: "INFO", 10: "DEBUG", 0: "NOTSET"}
_start = time.ticks_ms()
raiseExceptions = True


def getLevelName(level):
    if isinstance(level, str):
        for number, name in _names.items():
            if name == level:
                return number
    return _names.get(level, f"Level {level}")


def addLevelName(level, name):
    _names[level] = name


def getLevelNamesMapping():
    return {name: level for level, name in _names.items()}


def _level(level):
    if isinstance(level, int):
        return level
    if not isinstance(level, str):
        raise TypeError(f"Level not an integer or a valid string: {level!r}")
    number = getLevelName(level)
    if not isinstance(number, int):
        raise ValueError(f"Unknown level: {level!r}")
    return number


class LogRecord:
    def __init__(self, name, level, pathname, lineno, msg, args, exc_info, func=None, sinfo=None, **kw):
        self.name = name
        self.levelno = level
        self.levelname = getLevelName(level)
        self.pathname = pathname
        self.filename = pathname.rsplit("/", 1)[-1]
        self.module = self.filename.rsplit(".", 1)[0]
        self.lineno = lineno
        self.funcName = func
        self.msg = msg
        # A single dict is for %(name)s in the message.
        self.args = args[0] if len(args) == 1 and isinstance(args[0], dict) and args[0] else args
        self.exc_info = exc_info
        self.exc_text = None
        self.stack_info = sinfo
        self.created = time.time()
        self.msecs = time.time_ns() // 1000000 % 1000
        self.relativeCreated = time.ticks_diff(time.ticks_ms(), _start)
        self.process = self.thread = 0
        self.processName = "MainProcess"
        self.threadName = "MainThread"

    def getMessage(self):
        msg = str(self.msg)
        return msg % self.args if self.args else msg

    def __repr__(self):
        return f'<LogRecord: {self.name}, {self.levelno}, {self.pathname}, {self.lineno}, "{self.msg}">'


class Formatter:
    default_time_format = "%Y-%m-%d %H:%M:%S"
    default_msec_format = "%s,%03d"

    def __init__(self, fmt=None, datefmt=None, style="%", validate=True, *, defaults=None):
        if style not in "%{$":
            raise ValueError("Style must be one of: %,{,$")
        self._fmt = fmt or {"%": "%(message)s", "{": "{message}", "$": "${message}"}[style]
        self._style = style
        self._defaults = defaults or {}
        self.datefmt = datefmt

    def usesTime(self):
        return "asctime" in self._fmt

    def formatTime(self, record, datefmt=None):
        t = time.localtime(record.created)
        if datefmt:
            return time.strftime(datefmt, t)
        return "%04d-%02d-%02d %02d:%02d:%02d,%03d" % (*t[:6], record.msecs)

    def formatException(self, exc_info):
        out = io.StringIO()
        sys.print_exception(exc_info[1] if isinstance(exc_info, tuple) else exc_info, out)
        return out.getvalue().rstrip("\n")

    def formatMessage(self, record):
        values = {**self._defaults, **record.__dict__}
        if self._style == "%":
            return self._fmt % values
        if self._style == "{":
            return self._fmt.format(**values)
        text = self._fmt
        for name, value in values.items():
            text = text.replace("${" + name + "}", str(value)).replace("$" + name, str(value))
        return text

    def format(self, record):
        record.message = record.getMessage()
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        text = self.formatMessage(record)
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            text += "\n" + record.exc_text
        return text


class Filter:
    def __init__(self, name=""):
        self.name = name

    def filter(self, record):
        return not self.name or record.name == self.name or record.name.startswith(self.name + ".")


class Filterer:
    def __init__(self):
        self.filters = []

    def addFilter(self, filter):
        if filter not in self.filters:
            self.filters.append(filter)

    def removeFilter(self, filter):
        if filter in self.filters:
            self.filters.remove(filter)

    def filter(self, record):
        for f in self.filters:
            if not (f.filter(record) if hasattr(f, "filter") else f(record)):
                return False
        return True


class Handler(Filterer):
    def __init__(self, level=NOTSET):
        Filterer.__init__(self)
        self.level = _level(level)
        self.formatter = None
        self.name = None

    def setLevel(self, level):
        self.level = _level(level)

    def setFormatter(self, fmt):
        self.formatter = fmt

    def format(self, record):
        return (self.formatter or _formatter).format(record)

    def emit(self, record):
        raise NotImplementedError("emit must be implemented by Handler subclasses")

    def handle(self, record):
        passes = self.filter(record)
        if passes:
            self.emit(record)
        return passes

    def handleError(self, record):
        if raiseExceptions:
            print("--- Logging error ---", file=sys.stderr)

    def flush(self):
        pass

    def close(self):
        pass

    def __repr__(self):
        return f"<{type(self).__name__} ({getLevelName(self.level)})>"


class NullHandler(Handler):
    def handle(self, record):
        pass

    emit = handle


class StreamHandler(Handler):
    terminator = "\n"

    def __init__(self, stream=None):
        Handler.__init__(self)
        self.stream = sys.stderr if stream is None else stream

    def setStream(self, stream):
        old, self.stream = self.stream, stream
        return old

    def flush(self):
        if hasattr(self.stream, "flush"):
            self.stream.flush()

    def emit(self, record):
        try:
            self.stream.write(self.format(record) + self.terminator)
            self.flush()
        except Exception:
            self.handleError(record)


class FileHandler(StreamHandler):
    def __init__(self, filename, mode="a", encoding=None, delay=False, errors=None):
        self.baseFilename = filename
        self.mode = mode
        StreamHandler.__init__(self, open(filename, mode))

    def close(self):
        self.flush()
        self.stream.close()


class Logger(Filterer):
    def __init__(self, name, level=NOTSET):
        Filterer.__init__(self)
        self.name = name
        self.level = _level(level)
        self.parent = None
        self.propagate = True
        self.handlers = []
        self.disabled = False

    def setLevel(self, level):
        self.level = _level(level)

    def getEffectiveLevel(self):
        logger = self
        while logger:
            if logger.level:
                return logger.level
            logger = logger.parent
        return NOTSET

    def isEnabledFor(self, level):
        return not self.disabled and level > _disabled and level >= self.getEffectiveLevel()

    def getChild(self, suffix):
        return getLogger(suffix if self is root else self.name + "." + suffix)

    def addHandler(self, handler):
        if handler not in self.handlers:
            self.handlers.append(handler)

    def removeHandler(self, handler):
        if handler in self.handlers:
            self.handlers.remove(handler)

    def hasHandlers(self):
        logger = self
        while logger:
            if logger.handlers:
                return True
            logger = logger.parent if logger.propagate else None
        return False

    def makeRecord(self, name, level, fn, lno, msg, args, exc_info, func=None, extra=None, sinfo=None):
        record = LogRecord(name, level, fn, lno, msg, args, exc_info, func, sinfo)
        for key, value in (extra or {}).items():
            if key in ("message", "asctime") or hasattr(record, key):
                raise KeyError(f"Attempt to overwrite {key!r} in LogRecord")
            setattr(record, key, value)
        return record

    def handle(self, record):
        if not self.disabled and self.filter(record):
            self.callHandlers(record)

    def callHandlers(self, record):
        logger = self
        found = False
        while logger:
            for handler in logger.handlers:
                found = True
                if record.levelno >= handler.level:
                    handler.handle(record)
            logger = logger.parent if logger.propagate else None
        if not found and record.levelno >= lastResort.level:
            lastResort.handle(record)

    def _log(self, level, msg, args, exc_info=None, extra=None, stack_info=False, stacklevel=1):
        if exc_info and not isinstance(exc_info, (tuple, BaseException)):
            exc_info = sys.exc_info() if hasattr(sys, "exc_info") else None
        if isinstance(exc_info, BaseException):
            exc_info = (type(exc_info), exc_info, None)
        self.handle(self.makeRecord(self.name, level, "(unknown file)", 0, msg, args, exc_info, None, extra))

    def log(self, level, msg, *args, **kw):
        if not isinstance(level, int):
            raise TypeError("level must be an integer")
        if self.isEnabledFor(level):
            self._log(level, msg, args, **kw)

    def debug(self, msg, *args, **kw):
        self.log(DEBUG, msg, *args, **kw)

    def info(self, msg, *args, **kw):
        self.log(INFO, msg, *args, **kw)

    def warning(self, msg, *args, **kw):
        self.log(WARNING, msg, *args, **kw)

    def error(self, msg, *args, **kw):
        self.log(ERROR, msg, *args, **kw)

    def exception(self, msg, *args, exc_info=True, **kw):
        self.log(ERROR, msg, *args, exc_info=exc_info, **kw)

    def critical(self, msg, *args, **kw):
        self.log(CRITICAL, msg, *args, **kw)

    warn = warning
    fatal = critical

    def __repr__(self):
        kind = "RootLogger" if self is root else "Logger"
        return f"<{kind} {self.name} ({getLevelName(self.getEffectiveLevel())})>"


class LoggerAdapter:
    def __init__(self, logger, extra=None):
        self.logger = logger
        self.extra = extra

    def process(self, msg, kw):
        kw["extra"] = self.extra
        return msg, kw

    def log(self, level, msg, *args, **kw):
        if self.logger.isEnabledFor(level):
            msg, kw = self.process(msg, kw)
            self.logger.log(level, msg, *args, **kw)

    def __getattr__(self, name):
        return getattr(self.logger, name)

    debug = lambda self, msg, *args, **kw: self.log(DEBUG, msg, *args, **kw)
    info = lambda self, msg, *args, **kw: self.log(INFO, msg, *args, **kw)
    warning = lambda self, msg, *args, **kw: self.log(WARNING, msg, *args, **kw)
    error = lambda self, msg, *args, **kw: self.log(ERROR, msg, *args, **kw)
    critical = lambda self, msg, *args, **kw: self.log(CRITICAL, msg, *args, **kw)


_formatter = Formatter()
_disabled = NOTSET
_loggers = {}
root = Logger("root", WARNING)
lastResort = StreamHandler()
lastResort.setLevel(WARNING)
BASIC_FORMAT = "%(levelname)s:%(name)s:%(message)s"


def getLogger(name=None):
    if not name or name == "root":
        return root
    logger = _loggers.get(name)
    if logger is None:
        logger = _loggers[name] = Logger(name)
        # Those in between are made as well.
        logger.parent = getLogger(name.rpartition(".")[0])
    return logger


def basicConfig(
    *,
    filename=None,
    filemode="a",
    format=None,
    datefmt=None,
    style="%",
    level=None,
    stream=None,
    handlers=None,
    force=False,
    encoding=None,
    errors=None,
):
    if force:
        for handler in root.handlers[:]:
            root.removeHandler(handler)
            handler.close()
    if not root.handlers:
        if handlers is None:
            handlers = [FileHandler(filename, filemode) if filename else StreamHandler(stream)]
        formats = {"%": BASIC_FORMAT, "{": "{levelname}:{name}:{message}", "$": "${levelname}:${name}:${message}"}
        formatter = Formatter(format or formats[style], datefmt, style)
        for handler in handlers:
            if handler.formatter is None:
                handler.setFormatter(formatter)
            root.addHandler(handler)
        if level is not None:
            root.setLevel(level)


def disable(level=CRITICAL):
    global _disabled
    _disabled = _level(level)


def shutdown():
    for logger in [root, *_loggers.values()]:
        for handler in logger.handlers:
            handler.flush()
            handler.close()


def log(level, msg, *args, **kw):
    if not root.handlers:
        basicConfig()
    root.log(level, msg, *args, **kw)


def debug(msg, *args, **kw):
    log(DEBUG, msg, *args, **kw)


def info(msg, *args, **kw):
    log(INFO, msg, *args, **kw)


def warning(msg, *args, **kw):
    log(WARNING, msg, *args, **kw)


def error(msg, *args, **kw):
    log(ERROR, msg, *args, **kw)


def exception(msg, *args, exc_info=True, **kw):
    log(ERROR, msg, *args, exc_info=exc_info, **kw)


def critical(msg, *args, **kw):
    log(CRITICAL, msg, *args, **kw)


warn = warning
fatal = critical


def captureWarnings(capture):
    pass
