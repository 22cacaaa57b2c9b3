# CPython's textwrap: wrap, fill, shorten, dedent, indent.


class TextWrapper:
    def __init__(
        self,
        width=70,
        initial_indent="",
        subsequent_indent="",
        expand_tabs=True,
        replace_whitespace=True,
        fix_sentence_endings=False,
        break_long_words=True,
        drop_whitespace=True,
        break_on_hyphens=True,
        tabsize=8,
        *,
        max_lines=None,
        placeholder=" [...]",
    ):
        self.width = width
        self.initial_indent = initial_indent
        self.subsequent_indent = subsequent_indent
        self.expand_tabs = expand_tabs
        self.replace_whitespace = replace_whitespace
        self.break_long_words = break_long_words
        self.drop_whitespace = drop_whitespace
        self.break_on_hyphens = break_on_hyphens
        self.tabsize = tabsize
        self.max_lines = max_lines
        self.placeholder = placeholder

    # Words and the spaces between them; a word may be broken after its hyphens.
    def _chunks(self, text):
        if self.expand_tabs:
            text = text.expandtabs(self.tabsize)
        if self.replace_whitespace:
            text = "".join([" " if c in "\t\n\v\f\r" else c for c in text])
        chunks = []
        chunk = ""
        for i, c in enumerate(text):
            if chunk and (c == " ") != (chunk[-1] == " "):
                chunks.append(chunk)
                chunk = ""
            chunk += c
            if (
                c == "-"
                and self.break_on_hyphens
                and len(chunk) > 2
                and chunk[-2].isalpha()
                and text[i + 1 : i + 3].isalpha()
                and len(text) > i + 2
            ):
                chunks.append(chunk)
                chunk = ""
        return chunks + [chunk] if chunk else chunks

    def wrap(self, text):
        if self.width <= 0:
            raise ValueError(f"invalid width {self.width!r} (must be > 0)")
        chunks = self._chunks(text)[::-1]
        lines = []
        while chunks:
            indent = self.subsequent_indent if lines else self.initial_indent
            width = self.width - len(indent)
            if self.drop_whitespace and chunks[-1].isspace() and lines:
                chunks.pop()
            line = []
            length = 0
            while chunks and length + len(chunks[-1]) <= width:
                length += len(chunks[-1])
                line.append(chunks.pop())
            if chunks and len(chunks[-1]) > width:
                room = max(width - length, 1)
                if self.break_long_words:
                    line.append(chunks[-1][:room])
                    chunks[-1] = chunks[-1][room:]
                elif not line:
                    line.append(chunks.pop())
            if self.drop_whitespace and line and line[-1].isspace():
                line.pop()
            if not line:
                continue
            if (
                self.max_lines is None
                or len(lines) + 1 < self.max_lines
                or (not chunks or (self.drop_whitespace and len(chunks) == 1 and not chunks[0].strip()))
                and len("".join(line)) <= width
            ):
                lines.append(indent + "".join(line))
                continue
            while line:
                if not line[-1].isspace() and len("".join(line)) + len(self.placeholder) <= width:
                    lines.append(indent + "".join(line) + self.placeholder)
                    break
                line.pop()
            else:
                if lines and len(lines[-1].rstrip()) + len(self.placeholder) <= self.width:
                    lines[-1] = lines[-1].rstrip() + self.placeholder
                else:
                    lines.append(indent + self.placeholder.lstrip())
            break
        return lines

    def fill(self, text):
        return "\n".join(self.wrap(text))


def wrap(text, width=70, **kw):
    return TextWrapper(width, **kw).wrap(text)


def fill(text, width=70, **kw):
    return TextWrapper(width, **kw).fill(text)


def shorten(text, width, **kw):
    return TextWrapper(width, max_lines=1, **kw).fill(" ".join(text.strip().split()))


def dedent(text):
    lines = text.split("\n")
    margin = None
    for i, line in enumerate(lines):
        if not line.strip(" \t"):
            lines[i] = ""
            continue
        lead = line[: len(line) - len(line.lstrip(" \t"))]
        if margin is None:
            margin = lead
        while not lead.startswith(margin):
            margin = margin[:-1]
    n = len(margin or "")
    return "\n".join([line[n:] for line in lines])


def indent(text, prefix, predicate=None):
    predicate = predicate or str.strip
    return "".join([prefix + line if predicate(line) else line for line in text.splitlines(True)])
