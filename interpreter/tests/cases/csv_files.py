# csv against CPython.
import csv
import io


def read(text, **kw):
    return list(csv.reader(io.StringIO(text, newline=""), **kw))


print(read('a,b,c\r\n1,"two, too",3\r\n"say ""hi""",,\r\n'))
print(read('"line one\nline two",x\n\ny\n'), read("no end"), read(""), read('""\n'))
print(read("a;b;'c;d'\n", delimiter=";", quotechar="'"), read("a\tb\n", dialect="excel-tab"))
print(read("a, b,  c\n", skipinitialspace=True), read('1,"x",2.5\n', quoting=csv.QUOTE_NONNUMERIC))
print(read("a\\,b,c\n", escapechar="\\"), read('a"b,"c"d\n'), read('"a', strict=False))
print(read('a,"b\n', quoting=csv.QUOTE_NONE), list(csv.reader(["x,y", "1,2"])))
r = csv.reader(io.StringIO('a\n"b\nc"\nd\n'))
print(next(r), r.line_num, next(r), r.line_num)
try:
    read('"a', strict=True)
except csv.Error as e:
    print(e)


def write(rows, **kw):
    f = io.StringIO(newline="")
    csv.writer(f, **kw).writerows(rows)
    return f.getvalue()


rows = [["a", 1, 2.5, None], ["with, comma", 'quote "', "line\nend", ""], [""], []]
print(repr(write(rows)))
for quoting in (csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC):
    print(repr(write(rows, quoting=quoting, lineterminator="\n")))
print(repr(write([["a,b", "c"]], quoting=csv.QUOTE_NONE, escapechar="\\")), repr(write([["a'b"]], quotechar="'", dialect="unix")))
print(repr(write([['x"y']], doublequote=False, escapechar="\\")))
for bad in (dict(delimiter="ab"), dict(nothing=1), dict(dialect="missing")):
    try:
        write([], **bad)
    except (TypeError, csv.Error) as e:
        print(type(e).__name__)
try:
    write([["a,b"]], quoting=csv.QUOTE_NONE)
except csv.Error as e:
    print(e)

for d in csv.DictReader(io.StringIO("name,age\nAda,36\nBob\nCy,1,2,3\n"), restkey="more"):
    print(dict(d))
print([dict(d) for d in csv.DictReader(["1,2"], fieldnames=["x", "y"])], csv.DictReader(["p,q"]).fieldnames)
f = io.StringIO(newline="")
w = csv.DictWriter(f, ["x", "y"], restval="-")
w.writeheader()
w.writerow({"x": 1})
w.writerows([{"y": 2, "x": 3}])
print(repr(f.getvalue()))
try:
    w.writerow({"z": 1})
except ValueError as e:
    print(e)
csv.register_dialect("pipes", delimiter="|")
print(read("a|b", dialect="pipes"), sorted(csv.list_dialects()))


class Semi(csv.excel):
    delimiter = ";"


print(read("a;b", dialect=Semi))
