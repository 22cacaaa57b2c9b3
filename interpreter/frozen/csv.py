# CPython's csv. Rows are read character by character, so that quoted fields may hold line ends.

QUOTE_MINIMAL = 0
QUOTE_ALL = 1
QUOTE_NONNUMERIC = 2
QUOTE_NONE = 3
QUOTE_STRINGS = 4
QUOTE_NOTNULL = 5


class Error(Exception):
    pass


class Dialect:
    delimiter = ","
    quotechar = '"'
    escapechar = None
    doublequote = True
    skipinitialspace = False
    lineterminator = "\r\n"
    quoting = QUOTE_MINIMAL
    strict = False


class excel(Dialect):
    pass


class excel_tab(excel):
    delimiter = "\t"


class unix_dialect(Dialect):
    lineterminator = "\n"
    quoting = QUOTE_ALL


_dialects = {"excel": excel, "excel-tab": excel_tab, "unix": unix_dialect}
_OPTIONS = (
    "delimiter",
    "quotechar",
    "escapechar",
    "doublequote",
    "skipinitialspace",
    "lineterminator",
    "quoting",
    "strict",
)


def register_dialect(name, dialect=excel, **options):
    _dialects[name] = _dialect(dialect, options)


def unregister_dialect(name):
    get_dialect(name)
    del _dialects[name]


def get_dialect(name):
    try:
        return _dialects[name]
    except KeyError:
        raise Error("unknown dialect") from None


def list_dialects():
    return list(_dialects)


def field_size_limit(limit=None):
    return 131072


def _dialect(dialect, options):
    if isinstance(dialect, str):
        dialect = get_dialect(dialect)
    made = Dialect()
    for name in _OPTIONS:
        setattr(made, name, getattr(dialect, name, getattr(Dialect, name)))
    for name, value in options.items():
        if name not in _OPTIONS:
            raise TypeError(f"'{name}' is an invalid keyword argument for this function")
        setattr(made, name, value)
    if not isinstance(made.delimiter, str) or len(made.delimiter) != 1:
        raise TypeError('"delimiter" must be a 1-character string')
    if made.quotechar is None:
        made.quoting = QUOTE_NONE
    elif len(made.quotechar) != 1:
        raise TypeError('"quotechar" must be a 1-character string')
    return made


class reader:
    def __init__(self, csvfile, dialect=excel, **options):
        self.dialect = _dialect(dialect, options)
        self.line_num = 0
        self._lines = iter(csvfile)

    def __iter__(self):
        return self

    def __next__(self):
        d = self.dialect
        delimiter, quote, escape = d.delimiter, d.quotechar, d.escapechar
        if d.quoting == QUOTE_NONE:
            quote = None
        fields = []
        field = ""
        # Where in a field: 0 at its start, 1 within, 2 within quotes, 3 after a quote that may be doubled.
        state = 0
        quoted = escaped = False

        def finish():
            nonlocal field, quoted, state
            if d.quoting == QUOTE_NONNUMERIC and not quoted:
                field = float(field)
            fields.append(field)
            field = ""
            quoted = False
            state = 0

        while True:
            try:
                line = next(self._lines)
            except StopIteration:
                if state == 2 and not d.strict:
                    finish()
                    return fields
                if state == 2:
                    raise Error("unexpected end of data") from None
                raise
            self.line_num += 1
            if state != 2 and not line.strip("\r\n") and not fields and not escaped:
                return []
            i = 0
            n = len(line)
            while i < n:
                c = line[i]
                i += 1
                if escaped:
                    field += c
                    escaped = False
                    continue
                if state == 2:
                    if c == escape:
                        escaped = True
                    elif c == quote:
                        state = 3 if d.doublequote else 1
                    else:
                        # What runs up to the quote in one piece.
                        j = line.find(quote, i)
                        if escape is None and j > 0:
                            field += line[i - 1 : j]
                            i = j
                        else:
                            field += c
                    continue
                if c == "\n" or c == "\r":
                    break
                if state == 3:
                    if c == quote:
                        field += c
                        state = 2
                        continue
                    if c != delimiter and d.strict:
                        raise Error(f"'{delimiter}' expected after '{quote}'")
                    state = 1
                if c == delimiter:
                    finish()
                elif c == escape:
                    escaped = True
                    state = 1
                elif c == quote and state == 0:
                    quoted = True
                    state = 2
                elif c == " " and state == 0 and d.skipinitialspace:
                    pass
                else:
                    j = line.find(delimiter, i)
                    if j > 0 and escape is None:
                        field += line[i - 1 : j]
                        i = j
                    else:
                        field += c
                    state = 1
            if escaped:
                field += "\n"
                escaped = False
            elif state != 2:
                finish()
                return fields


class writer:
    def __init__(self, csvfile, dialect=excel, **options):
        self.dialect = _dialect(dialect, options)
        self._write = csvfile.write

    def _field(self, value, alone):
        d = self.dialect
        text = "" if value is None else value if isinstance(value, str) else str(value)
        number = isinstance(value, (int, float))
        quoting = d.quoting
        needs = alone and not text
        q, escape = d.quotechar, d.escapechar
        special = "\r\n" + d.delimiter + (q or "") + (escape or "")
        out = ""
        for c in text:
            if c in special:
                if quoting == QUOTE_NONE or c == escape or (c == q and not d.doublequote):
                    if escape is None:
                        raise Error("need to escape, but no escapechar set")
                    out += escape
                else:
                    needs = True
                    if c == q:
                        out += c
            out += c
        if quoting == QUOTE_NONE:
            if needs:
                raise Error("single empty field record must be quoted")
            return out
        if (
            needs
            or quoting == QUOTE_ALL
            or (quoting == QUOTE_NONNUMERIC and not number)
            or (quoting == QUOTE_STRINGS and isinstance(value, str))
            or (quoting == QUOTE_NOTNULL and value is not None)
        ):
            return q + out + q
        return out

    def writerow(self, row):
        try:
            row = list(row)
        except TypeError:
            raise Error("iterable expected, not " + type(row).__name__) from None
        d = self.dialect
        alone = len(row) == 1
        return self._write(d.delimiter.join([self._field(v, alone) for v in row]) + d.lineterminator)

    def writerows(self, rows):
        for row in rows:
            self.writerow(row)


class DictReader:
    def __init__(self, f, fieldnames=None, restkey=None, restval=None, dialect="excel", **options):
        self._fieldnames = None if fieldnames is None else list(fieldnames)
        self.restkey = restkey
        self.restval = restval
        self.reader = reader(f, dialect, **options)
        self.dialect = dialect

    @property
    def line_num(self):
        return self.reader.line_num

    @property
    def fieldnames(self):
        if self._fieldnames is None:
            self._fieldnames = next(self.reader, None)
        return self._fieldnames

    @fieldnames.setter
    def fieldnames(self, names):
        self._fieldnames = names

    def __iter__(self):
        return self

    def __next__(self):
        names = self.fieldnames
        row = next(self.reader)
        while row == []:
            row = next(self.reader)
        d = dict(zip(names, row))
        if len(row) > len(names):
            d[self.restkey] = row[len(names) :]
        else:
            for name in names[len(row) :]:
                d[name] = self.restval
        return d


class DictWriter:
    def __init__(self, f, fieldnames, restval="", extrasaction="raise", dialect="excel", **options):
        if extrasaction not in ("raise", "ignore"):
            raise ValueError(f"extrasaction ({extrasaction}) must be 'raise' or 'ignore'")
        self.fieldnames = fieldnames
        self.restval = restval
        self.extrasaction = extrasaction
        self.writer = writer(f, dialect, **options)

    def writeheader(self):
        return self.writer.writerow(self.fieldnames)

    def _row(self, d):
        if self.extrasaction == "raise":
            wrong = [k for k in d if k not in self.fieldnames]
            if wrong:
                raise ValueError("dict contains fields not in fieldnames: " + ", ".join([repr(x) for x in wrong]))
        return [d.get(name, self.restval) for name in self.fieldnames]

    def writerow(self, rowdict):
        return self.writer.writerow(self._row(rowdict))

    def writerows(self, rowdicts):
        self.writer.writerows(map(self._row, rowdicts))
