# CPython's argparse: positionals, options, groups as mere headings, subcommands, mutually exclusive groups.
import sys

SUPPRESS = "==SUPPRESS=="
OPTIONAL = "?"
ZERO_OR_MORE = "*"
ONE_OR_MORE = "+"
REMAINDER = "..."


class ArgumentError(Exception):
    def __init__(self, argument, message):
        self.argument_name = None if argument is None else argument._title()
        self.message = message

    def __str__(self):
        return self.message if self.argument_name is None else f"argument {self.argument_name}: {self.message}"


class ArgumentTypeError(Exception):
    pass


class Namespace:
    def __init__(self, **kw):
        for name, value in kw.items():
            setattr(self, name, value)

    def __eq__(self, other):
        return isinstance(other, Namespace) and self.__dict__ == other.__dict__

    def __contains__(self, name):
        return name in self.__dict__

    def __repr__(self):
        return "Namespace(" + ", ".join([f"{k}={v!r}" for k, v in self.__dict__.items()]) + ")"


class HelpFormatter:
    pass


class RawDescriptionHelpFormatter(HelpFormatter):
    pass


class RawTextHelpFormatter(RawDescriptionHelpFormatter):
    pass


class ArgumentDefaultsHelpFormatter(HelpFormatter):
    pass


class Action:
    takes_value = True

    def __init__(
        self,
        option_strings,
        dest,
        nargs=None,
        const=None,
        default=None,
        type=None,
        choices=None,
        required=False,
        help=None,
        metavar=None,
    ):
        self.option_strings = option_strings
        self.dest = dest
        self.nargs = nargs
        self.const = const
        self.default = default
        self.type = type
        self.choices = choices
        self.required = required
        self.help = help
        self.metavar = metavar
        self.group = None

    def _title(self):
        return "/".join(self.option_strings) or self.metavar or self.dest

    def _name(self, i=0):
        if isinstance(self.metavar, tuple):
            return self.metavar[i]
        if self.metavar is not None:
            return self.metavar
        if self.choices is not None:
            return "{" + ",".join([str(c) for c in self.choices]) + "}"
        return self.dest.upper() if self.option_strings else self.dest

    # How the values look in usage.
    def _values(self):
        n = self.nargs
        name = self._name()
        if n is None:
            return name
        if n == "?":
            return f"[{name}]"
        if n == "*":
            return f"[{name} ...]"
        if n == "+":
            return f"{name} [{name} ...]"
        if n == "...":
            return "..."
        if n == "A...":
            return f"{name} ..."
        return " ".join([self._name(i) for i in range(n)])

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, values)


class _Store(Action):
    pass


class _Append(Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, list(getattr(namespace, self.dest, None) or []) + [values])


class _Extend(Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, list(getattr(namespace, self.dest, None) or []) + list(values))


class _StoreConst(Action):
    def __init__(self, option_strings, dest, const=None, default=None, required=False, help=None, **kw):
        Action.__init__(self, option_strings, dest, 0, const, default, None, None, required, help)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, self.const)


class _StoreTrue(_StoreConst):
    def __init__(self, option_strings, dest, default=False, **kw):
        _StoreConst.__init__(self, option_strings, dest, True, default, **kw)


class _StoreFalse(_StoreConst):
    def __init__(self, option_strings, dest, default=True, **kw):
        _StoreConst.__init__(self, option_strings, dest, False, default, **kw)


class _AppendConst(_StoreConst):
    def __call__(self, parser, namespace, values, option_string=None):
        _Append.__call__(self, parser, namespace, self.const)


class _Count(_StoreConst):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, (getattr(namespace, self.dest, None) or 0) + 1)


class BooleanOptionalAction(_StoreConst):
    def __init__(self, option_strings, dest, default=None, **kw):
        both = []
        for option in option_strings:
            both.append(option)
            if option.startswith("--"):
                both.append("--no-" + option[2:])
        _StoreConst.__init__(self, both, dest, None, default, **kw)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, not option_string.startswith("--no-"))


class _Help(_StoreConst):
    def __call__(self, parser, namespace, values, option_string=None):
        parser.print_help()
        parser.exit()


class _Version(_StoreConst):
    def __init__(self, option_strings, dest, version=None, help="show program's version number and exit", **kw):
        _StoreConst.__init__(self, option_strings, SUPPRESS, None, SUPPRESS, False, help)
        self.version = version

    def __call__(self, parser, namespace, values, option_string=None):
        print((self.version or "").replace("%(prog)s", parser.prog))
        parser.exit()


class _SubParsers(Action):
    def __init__(self, option_strings, dest, prog=None, parser_class=None, **kw):
        self._prog = prog
        self._parser_class = parser_class
        self._helps = []
        Action.__init__(self, option_strings, dest, "A...", choices={}, **kw)

    def add_parser(self, name, *, help=None, aliases=(), **kw):
        kw.setdefault("prog", f"{self._prog} {name}")
        parser = self._parser_class(**kw)
        for n in (name, *aliases):
            self.choices[n] = parser
        if help is not None:
            self._helps.append((name + (f" ({', '.join(aliases)})" if aliases else ""), help))
        return parser

    def __call__(self, parser, namespace, values, option_string=None):
        name, *rest = values
        if self.dest is not SUPPRESS:
            setattr(namespace, self.dest, name)
        child, extras = self.choices[name].parse_known_args(rest)
        for key, value in child.__dict__.items():
            setattr(namespace, key, value)
        parser._extras += extras


class FileType:
    def __init__(self, mode="r", bufsize=-1, encoding=None, errors=None):
        self._mode = mode

    def __call__(self, string):
        if string == "-":
            return sys.stdin if "r" in self._mode else sys.stdout
        try:
            return open(string, self._mode)
        except OSError as e:
            raise ArgumentTypeError(f"can't open '{string}': {e}") from None


_ACTIONS = {
    None: _Store,
    "store": _Store,
    "append": _Append,
    "extend": _Extend,
    "store_const": _StoreConst,
    "store_true": _StoreTrue,
    "store_false": _StoreFalse,
    "append_const": _AppendConst,
    "count": _Count,
    "help": _Help,
    "version": _Version,
}


class _Group:
    def __init__(self, parser, title=None, description=None, exclusive=False, required=False):
        self._parser = parser
        self.title = title
        self.description = description
        self.exclusive = exclusive
        self.required = required
        self._actions = []

    def add_argument(self, *names, **kw):
        action = self._parser._make(names, kw)
        self._actions.append(action)
        if self.exclusive:
            action.group = self
            # Its heading is the parser's own.
            self._parser._section(action)._actions.append(action)
        return action

    def add_mutually_exclusive_group(self, *, required=False):
        return self._parser.add_mutually_exclusive_group(required=required)

    def add_argument_group(self, *args, **kw):
        return self._parser.add_argument_group(*args, **kw)

    def set_defaults(self, **kw):
        self._parser.set_defaults(**kw)


class ArgumentParser:
    def __init__(
        self,
        prog=None,
        usage=None,
        description=None,
        epilog=None,
        parents=(),
        formatter_class=HelpFormatter,
        prefix_chars="-",
        fromfile_prefix_chars=None,
        argument_default=None,
        conflict_handler="error",
        add_help=True,
        allow_abbrev=True,
        exit_on_error=True,
    ):
        if prog is None:
            prog = sys.argv[0].rsplit("/", 1)[-1] if sys.argv and sys.argv[0] else "main.py"
        self.prog = prog
        self.usage = usage
        self.description = description
        self.epilog = epilog
        self.formatter_class = formatter_class
        self.prefix_chars = prefix_chars
        self.argument_default = argument_default
        self.allow_abbrev = allow_abbrev
        self.exit_on_error = exit_on_error
        self._actions = []
        self._options = {}
        self._defaults = {}
        self._positionals = _Group(self, "positional arguments")
        self._optionals = _Group(self, "options")
        self._groups = [self._positionals, self._optionals]
        self._exclusive = []
        self._subparsers = None
        self._extras = []
        if add_help:
            self.add_argument(
                "-h", "--help", action="help", default=SUPPRESS, help="show this help message and exit"
            )
        for parent in parents:
            for action in parent._actions:
                if not isinstance(action, _Help):
                    self._add(action)
                    self._section(action)._actions.append(action)
            self._defaults.update(parent._defaults)

    def __repr__(self):
        return f"ArgumentParser(prog={self.prog!r})"

    def _section(self, action):
        return self._optionals if action.option_strings else self._positionals

    def add_argument(self, *names, **kw):
        action = self._make(names, kw)
        self._section(action)._actions.append(action)
        return action

    def _make(self, names, kw):
        kind = kw.pop("action", None)
        if isinstance(kind, str) or kind is None:
            if kind not in _ACTIONS:
                raise ValueError(f'unknown action "{kind}"')
            kind = _ACTIONS[kind]
        dest = kw.pop("dest", None)
        if names and names[0][:1] in self.prefix_chars:
            options = list(names)
            if dest is None:
                long = [n for n in options if n[1:2] in self.prefix_chars and len(n) > 2]
                dest = (long or options)[0].lstrip(self.prefix_chars).replace("-", "_")
        else:
            if len(names) > 1 or (names and dest is not None):
                raise ValueError("dest supplied twice for positional argument")
            options = []
            dest = names[0] if names else dest
            if "required" in kw:
                raise TypeError("'required' is an invalid argument for positionals")
            kw["required"] = kw.get("nargs") not in ("?", "*", "...")
        if "default" not in kw:
            if dest in self._defaults:
                kw["default"] = self._defaults[dest]
            elif self.argument_default is not None:
                kw["default"] = self.argument_default
        type = kw.get("type")
        if type is not None and not callable(type):
            raise ValueError(f"{type!r} is not callable")
        action = kind(options, dest, **kw)
        if action.nargs == 0 and not isinstance(action, _StoreConst):
            raise ValueError("nargs for store actions must be != 0")
        self._add(action)
        return action

    def _add(self, action):
        for option in action.option_strings:
            if option in self._options:
                raise ArgumentError(action, f"conflicting option string: {option}")
            self._options[option] = action
        self._actions.append(action)

    def add_argument_group(self, title=None, description=None, **kw):
        group = _Group(self, title, description)
        self._groups.append(group)
        return group

    def add_mutually_exclusive_group(self, *, required=False):
        group = _Group(self, None, None, True, required)
        self._exclusive.append(group)
        return group

    def add_subparsers(self, *, title=None, description=None, dest=SUPPRESS, required=False, prog=None, **kw):
        if prog is None:
            parts = [self.prog] + [self._usage_of(a) for a in self._actions if not a.option_strings]
            prog = " ".join(parts)
        kw.pop("parser_class", None)
        kw.pop("action", None)
        action = _SubParsers([], dest, prog, type(self), **kw)
        action.required = required
        if dest is SUPPRESS:
            action.default = SUPPRESS
        self._actions.append(action)
        if title or description:
            self._subparsers = self.add_argument_group(title or "subcommands", description)
            self._subparsers._actions.append(action)
        else:
            self._positionals._actions.append(action)
        return action

    def set_defaults(self, **kw):
        self._defaults.update(kw)
        for action in self._actions:
            if action.dest in kw:
                action.default = kw[action.dest]

    def get_default(self, dest):
        for action in self._actions:
            if action.dest == dest and action.default is not None:
                return action.default
        return self._defaults.get(dest)

    # ---- parsing ----

    def parse_args(self, args=None, namespace=None):
        namespace, extras = self.parse_known_args(args, namespace)
        if extras:
            self._fail(ArgumentError(None, "unrecognized arguments: " + " ".join(extras)))
        return namespace

    def _fail(self, e):
        if not self.exit_on_error:
            raise e
        self.error(str(e))

    def parse_known_args(self, args=None, namespace=None):
        args = list(sys.argv[1:] if args is None else args)
        namespace = Namespace() if namespace is None else namespace
        for action in self._actions:
            if action.dest is not SUPPRESS and action.default is not SUPPRESS and not hasattr(namespace, action.dest):
                setattr(namespace, action.dest, action.default)
        for dest, value in self._defaults.items():
            if not hasattr(namespace, dest):
                setattr(namespace, dest, value)
        try:
            return namespace, self._parse(args, namespace)
        except ArgumentError as e:
            self._fail(e)

    # What an argument is: None a plain one, else (action, option, value or None).
    def _option(self, arg):
        if len(arg) < 2 or arg[0] not in self.prefix_chars:
            return None
        if arg in self._options:
            return self._options[arg], arg, None
        option, equals, value = arg.partition("=")
        if equals and option in self._options:
            return self._options[option], option, value
        if self.allow_abbrev and arg[1] in self.prefix_chars:
            found = [o for o in self._options if o.startswith(option)]
            if len(found) > 1:
                raise ArgumentError(None, f"ambiguous option: {arg} could match {', '.join(found)}")
            if found:
                return self._options[found[0]], found[0], value if equals else None
        if arg[1] not in self.prefix_chars and arg[:2] in self._options:
            return self._options[arg[:2]], arg[:2], arg[2:]
        try:
            # A negative number is a value, unless options look like numbers.
            float(arg)
            if not any(o[1:2].isdigit() for o in self._options):
                return None
        except ValueError:
            pass
        return None if " " in arg else (None, arg, None)

    def _parse(self, args, namespace):
        self._extras = extras = []
        positionals = [a for a in self._actions if not a.option_strings]
        seen = []
        seen_values = []
        plain = []
        i = 0
        # '--' ends the options; what follows is plain.
        kinds = []
        after = False
        for arg in args:
            kinds.append(None if after or arg == "--" else self._option(arg))
            after = after or arg == "--"
        while i <= len(args):
            # As many plain arguments as there are, to as many positionals as can have theirs.
            end = i
            while end < len(args) and kinds[end] is None:
                end += 1
            rest = [a for a in args[i:end] if a != "--"]
            taken = self._match(positionals, len(rest), end == len(args))
            at = i
            for action, n in zip(positionals, taken):
                if action.nargs in ("A...", "..."):
                    values = args[at:]
                    if action.nargs == "..." and values[:1] == ["--"]:
                        values = values[1:]
                    end = len(args)
                    rest = []
                else:
                    values, rest = rest[:n], rest[n:]
                    at += n
                self._take(action, values, namespace, None, seen, seen_values)
            positionals = positionals[len(taken) :]
            extras += rest
            i = end
            if i >= len(args):
                break
            action, option, value = kinds[i]
            i += 1
            if action is None:
                extras.append(option)
                continue
            if value is not None:
                if action.nargs == 0 and option[1:2] not in self.prefix_chars and value:
                    # Flags in one word: -xyz.
                    self._take(action, [], namespace, option, seen, seen_values)
                    args.insert(i, "-" + value)
                    kinds.insert(i, self._option("-" + value))
                    if kinds[i] is None or kinds[i][0] is None:
                        raise ArgumentError(action, f"ignored explicit argument {value!r}")
                    continue
                if action.nargs == 0:
                    raise ArgumentError(action, f"ignored explicit argument {value!r}")
                values = [value]
                if isinstance(action.nargs, int) and action.nargs > 1:
                    raise ArgumentError(action, f"expected {action.nargs} arguments")
            else:
                end = i
                while end < len(args) and kinds[end] is None and args[end] != "--":
                    end += 1
                n = action.nargs
                if n == "...":
                    end = len(args)
                least = 1 if n is None or n == "+" else n if isinstance(n, int) else 0
                most = 1 if n is None or n == "?" else n if isinstance(n, int) else end - i
                if end - i < least:
                    if n is None:
                        raise ArgumentError(action, "expected one argument")
                    if n == "+":
                        raise ArgumentError(action, "expected at least one argument")
                    raise ArgumentError(action, f"expected {n} argument{'' if n == 1 else 's'}")
                values = args[i : i + min(most, end - i)]
                i += len(values)
            self._take(action, values, namespace, option, seen, seen_values)
        missing = [a for a in self._actions if a.required and a not in seen]
        if missing:
            raise ArgumentError(
                None, "the following arguments are required: " + ", ".join([a._title() for a in missing])
            )
        for action in self._actions:
            # A default that is text is converted as if it had been given.
            if action not in seen and isinstance(action.default, str) and action.dest is not SUPPRESS:
                if action.default is not SUPPRESS and getattr(namespace, action.dest, None) is action.default:
                    setattr(namespace, action.dest, self._convert(action, action.default))
        for group in self._exclusive:
            if group.required and not any(a in seen_values for a in group._actions):
                names = " ".join([a._title() for a in group._actions if a.help is not SUPPRESS])
                raise ArgumentError(None, f"one of the arguments {names} is required")
        return extras

    # How many of n plain arguments each of the first positionals takes, greedily, leaving enough for the others.
    def _match(self, positionals, n, last):
        def least(a):
            if a.nargs is None or a.nargs in ("+", "A..."):
                return 1
            return a.nargs if isinstance(a.nargs, int) else 0

        for count in range(len(positionals), 0, -1):
            some = positionals[:count]
            if sum([least(a) for a in some]) > n:
                continue
            if not last and n == 0:
                # Those that take nothing wait for what comes after the options.
                return []
            taken = []
            left = n
            for k, a in enumerate(some):
                reserved = sum([least(b) for b in some[k + 1 :]])
                if isinstance(a.nargs, int):
                    take = a.nargs
                elif a.nargs is None:
                    take = 1
                else:
                    take = left - reserved
                    if a.nargs == "?":
                        take = min(take, 1)
                taken.append(take)
                left -= take
            return taken
        return []

    def _convert(self, action, text):
        if action.type is None:
            return text
        try:
            return action.type(text)
        except ArgumentTypeError as e:
            raise ArgumentError(action, str(e)) from None
        except (TypeError, ValueError):
            name = getattr(action.type, "__name__", repr(action.type))
            raise ArgumentError(action, f"invalid {name} value: {text!r}") from None

    def _check(self, action, value):
        if action.choices is not None and value not in action.choices:
            choices = ", ".join([repr(c) for c in action.choices])
            raise ArgumentError(action, f"invalid choice: {value!r} (choose from {choices})")

    def _take(self, action, texts, namespace, option, seen, seen_values):
        n = action.nargs
        if n == "?" and not texts:
            values = action.const if action.option_strings else action.default
            if isinstance(values, str):
                values = self._convert(action, values)
                self._check(action, values)
        elif n == "*" and not texts and not action.option_strings:
            values = action.default if action.default is not None else []
        elif n == "...":
            values = [self._convert(action, t) for t in texts]
        elif n == "A...":
            values = texts
            self._check(action, texts[0])
        else:
            values = [self._convert(action, t) for t in texts]
            for value in values:
                self._check(action, value)
            if n is None or n == "?":
                values = values[0]
        seen.append(action)
        if values is not action.default or action.option_strings:
            seen_values.append(action)
            if action.group:
                for other in action.group._actions:
                    if other is not action and other in seen_values:
                        raise ArgumentError(action, f"not allowed with argument {other._title()}")
        if values is not SUPPRESS:
            action(self, namespace, values, option)

    # ---- help ----

    def _usage_of(self, action):
        if not action.option_strings:
            return action._values()
        option = action.option_strings[0]
        if isinstance(action, BooleanOptionalAction):
            option = " | ".join(action.option_strings)
        return option if action.nargs == 0 else option + " " + action._values()

    def format_usage(self):
        if self.usage is not None:
            return "usage: " + self.usage.replace("%(prog)s", self.prog) + "\n"
        parts = []
        tail = []
        done = []
        for action in self._actions:
            if action.help is SUPPRESS or action in done:
                continue
            group = action.group
            if group:
                done += group._actions
                text = " | ".join([self._usage_of(a) for a in group._actions if a.help is not SUPPRESS])
                if len(group._actions) > 1 or not group.required:
                    text = f"({text})" if group.required else f"[{text}]"
                parts.append(text)
            elif action.option_strings:
                text = self._usage_of(action)
                parts.append(text if action.required else f"[{text}]")
            else:
                tail.append(self._usage_of(action))
        head = "usage: " + self.prog
        line = " ".join([head] + parts + tail)
        if len(line) <= 78:
            return line + "\n"
        # Too long: options and positionals on lines of their own.
        indent = " " * (len(head) + 1) if len(head) <= 58 else " " * 7
        lines = [] if len(head) <= 58 else [head]
        for some in (parts, tail):
            line = indent if lines else head + " "
            empty = True
            for part in some:
                if not empty and len(line) + len(part) > 78:
                    lines.append(line.rstrip())
                    line = indent
                line += part + " "
                empty = False
            if not empty:
                lines.append(line.rstrip())
        return "\n".join(lines) + "\n"

    def _wrap(self, text, width, indent, raw=False):
        if raw:
            return "\n".join([indent + line for line in text.split("\n")])
        lines = []
        line = ""
        for word in text.split():
            if line and len(line) + 1 + len(word) > width:
                lines.append(indent + line)
                line = word
            else:
                line = line + " " + word if line else word
        lines.append(indent + line)
        return "\n".join(lines)

    def _help_of(self, action):
        text = action.help or ""
        if issubclass(self.formatter_class, ArgumentDefaultsHelpFormatter) and "%(default)" not in text:
            if action.default is not SUPPRESS and (action.option_strings or action.nargs in ("?", "*")):
                text += " (default: %(default)s)"
        if "%" in text:
            values = {k: v for k, v in action.__dict__.items() if v is not SUPPRESS}
            values["prog"] = self.prog
            if action.choices is not None:
                values["choices"] = ", ".join([str(c) for c in action.choices])
            if action.type is not None:
                values["type"] = getattr(action.type, "__name__", action.type)
            text = text % values
        return text

    def format_help(self):
        raw = issubclass(self.formatter_class, RawDescriptionHelpFormatter)
        out = self.format_usage()
        if self.description:
            out += "\n" + self._wrap(self.description.replace("%(prog)s", self.prog), 78, "", raw) + "\n"
        sections = []
        widest = 0
        for group in self._groups:
            rows = []
            for action in group._actions:
                if action.help is SUPPRESS:
                    continue
                if not action.option_strings:
                    head = action._name()
                elif action.nargs == 0:
                    head = ", ".join(action.option_strings)
                else:
                    head = ", ".join([o + " " + action._values() for o in action.option_strings])
                rows.append(("  " + head, self._help_of(action) if action.help else ""))
                for name, text in getattr(action, "_helps", ()):
                    rows.append(("    " + name, text))
            if rows or group.description:
                sections.append((group, rows))
                for head, _ in rows:
                    widest = max(widest, len(head))
        column = min(widest + 2, 24)
        for group, rows in sections:
            out += f"\n{group.title}:\n" if group.title else "\n"
            if group.description:
                out += self._wrap(group.description, 76, "  ", raw) + "\n\n"
            for head, text in rows:
                if not text:
                    out += head + "\n"
                    continue
                indent = " " * column
                body = self._wrap(text, 78 - column, indent, issubclass(self.formatter_class, RawTextHelpFormatter))
                if len(head) <= column - 2:
                    out += head + " " * (column - len(head)) + body[column:] + "\n"
                else:
                    out += head + "\n" + body + "\n"
        if self.epilog:
            out += "\n" + self._wrap(self.epilog.replace("%(prog)s", self.prog), 78, "", raw) + "\n"
        return out

    def print_usage(self, file=None):
        print(self.format_usage(), end="", file=file or sys.stdout)

    def print_help(self, file=None):
        print(self.format_help(), end="", file=file or sys.stdout)

    def exit(self, status=0, message=None):
        if message:
            print(message, end="", file=sys.stderr)
        sys.exit(status)

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: error: {message}\n")
