# CPython's string, with Template.
whitespace = " \t\n\r\v\f"
ascii_lowercase = "abcdefghijklmnopqrstuvwxyz"
ascii_uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ascii_letters = ascii_lowercase + ascii_uppercase
digits = "0123456789"
hexdigits = digits + "abcdef" + "ABCDEF"
octdigits = "01234567"
punctuation = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""
printable = digits + ascii_letters + punctuation + whitespace


def capwords(s, sep=None):
    return (sep or " ").join([word.capitalize() for word in s.split(sep)])


class Template:
    delimiter = "$"

    def __init__(self, template):
        self.template = template

    def _replace(self, values, safe):
        text, out = self.template, ""
        i = 0
        while True:
            j = text.find(self.delimiter, i)
            if j < 0:
                return out + text[i:]
            out += text[i:j]
            i = j + 1
            if text[i : i + 1] == self.delimiter:
                out += self.delimiter
                i += 1
                continue
            braced = text[i : i + 1] == "{"
            k = start = i + braced
            while k < len(text) and (text[k] == "_" or text[k].isalpha() or (k > start and text[k].isdigit())):
                k += 1
            name = text[start:k]
            if not name or (braced and text[k : k + 1] != "}"):
                if not safe:
                    line = text.count("\n", 0, j) + 1
                    col = j - text.rfind("\n", 0, j)
                    raise ValueError(f"Invalid placeholder in string: line {line}, col {col}")
                out += text[j:i]
                continue
            i = k + braced
            if name in values or not safe:
                out += str(values[name])
            else:
                out += text[j:i]

    def substitute(self, mapping={}, /, **kw):
        return self._replace({**mapping, **kw}, False)

    def safe_substitute(self, mapping={}, /, **kw):
        return self._replace({**mapping, **kw}, True)


class Formatter:
    def format(self, format_string, /, *args, **kw):
        return format_string.format(*args, **kw)

    def vformat(self, format_string, args, kw):
        return format_string.format(*args, **kw)
