"""Mistakes of a text that is no YAML, in words that say what to do.

No word of the file is repeated: it may be a secret. The parser's own words are the last resort.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from syncd.language import N_, _, counted

_KEY = re.compile(r"(?P<indent> *)(?:- +)?(?P<name>[\w.-]+) *:(?= |$)(?P<value>.*)")
_BLOCK = re.compile(r".*(?:: +|- +)[|>][-+0-9]*\s*(?:#.*)?")
_QUOTED = re.compile(r"""(?P<text>'(?:[^']|'')*'|"(?:[^"\\]|\\.)*")(?P<rest>.*)""")
_ODD_SPACE = re.compile(r" *(?P<char>[\u00a0\u2000-\u200f\u2028\u2029\u202f\u2060\u3000\ufeff])")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_QUOTES = N_("put the value in quotes")
_FIRST = {
    "*": N_("a value that begins with * is an alias to YAML"),
    "&": N_("a value that begins with & is an anchor to YAML"),
    "%": N_("a value cannot begin with %"),
    "@": N_("a value cannot begin with @"),
    "`": N_("a value cannot begin with a backtick"),
    "|": N_("behind | or > the line ends, and the text stands in the lines below, indented deeper"),
    ">": N_("behind | or > the line ends, and the text stands in the lines below, indented deeper"),
}
_SAID = re.compile(r""" (?:'(?!.')|"(?!.")).*""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class YamlFault:
    """A mistake of the YAML: its line (1-based, 0 for none), what it is, and what to do."""

    line: int
    message: str
    hint: str = ""


def explain(error: yaml.MarkedYAMLError, text: str) -> YamlFault:
    """Say what is wrong where the parser stopped."""
    mark, begun = error.problem_mark, error.context_mark
    lines = lines_of(text)
    if mark is None:
        return _parsers_words(error)
    at = min(mark.line, len(lines) - 1)
    first = min(begun.line, at) if begun else at
    said = f"{error.problem} {error.context}"
    fault = (
        _odd_space(lines, first, at)
        or _open_ended(said, first)
        or _escape(said, at)
        or _quotes(lines, first, at)
        or _first_character(lines, at, first)
        or _block_text(lines, at if "expected key" in said else first)
    )
    if fault is None and "mapping values are not allowed" in said:
        fault = _second_colon(lines, at, mark.column)
    if fault is None and "could not find expected ':'" in said:
        fault = _no_key(lines, first)
    if fault is None and "did not find expected key" in said:
        fault = _less_indented(lines, at)
    if fault is None and "document start" in said:
        fault = YamlFault(
            at + 1, _("the file goes on behind its end"), _("remove the line `...`, `---` or `%…`")
        )
    return fault or _parsers_words(error)


def lines_of(text: str) -> list[str]:
    """The lines as YAML counts them."""
    return _LINE_END.split(text)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _spaces(line: str) -> str:
    return counted(_indent(line), "{count} space", "{count} spaces")


def _odd_space(lines: list[str], first: int, at: int) -> YamlFault | None:
    """Characters that look like nothing, or like a space, at the beginning of a line."""
    before = _line_before(lines, first)
    for number in range(first if before is None else before, at + 1):
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        if "\t" in indent:
            return YamlFault(number + 1, _("a tab cannot indent"), _("YAML is indented with spaces"))
        if found := _ODD_SPACE.match(lines[number]):
            code = f"U+{ord(found['char']):04X}"
            return YamlFault(
                number + 1,
                _("{code} cannot indent, though it looks so").format(code=code),
                _("write spaces instead"),
            )
    return None


def _open_ended(said: str, first: int) -> YamlFault | None:
    """A text in quotes, a list or a mapping that is not closed."""
    if "end of stream" in said and "quoted scalar" in said:
        return YamlFault(
            first + 1, _("the quotes that begin here are not closed"), _("put the same quote at the end")
        )
    for kind, bracket, end in (("flow sequence", "[", "]"), ("flow mapping", "{", "}")):
        if f"while parsing a {kind}" in said and "expected ','" in said:
            return YamlFault(
                first + 1,
                _("the `{bracket}` that begins here is not closed").format(bracket=bracket),
                _("put a `{end}` at its end").format(end=end),
            )
    return None


def _escape(said: str, at: int) -> YamlFault | None:
    if "escape" not in said:
        return None
    hint = _("use single quotes, or write \\\\ for a backslash")
    return YamlFault(at + 1, _("in double quotes a backslash begins an escape, and there is none such"), hint)


def _quotes(lines: list[str], first: int, at: int) -> YamlFault | None:
    """Quotes that close too early, or in another line than the one they should."""
    for number in range(first, at + 1):
        key = _KEY.fullmatch(lines[number])
        value = key["value"].strip() if key else ""
        if value[:1] not in {"'", '"'}:
            continue
        found = _QUOTED.fullmatch(value)
        if found is None:
            message = _("the quotes that begin here are not closed in this line")
            return YamlFault(number + 1, message, _("put the same quote at the end"))
        if found["rest"].strip() and not found["rest"].strip().startswith("#"):
            message = _("the value goes on behind its closing quote")
            return YamlFault(
                number + 1,
                message,
                _("put all of it in quotes; a {quote} in them is written twice").format(quote=value[0]),
            )
    return None


def _first_character(lines: list[str], at: int, first: int) -> YamlFault | None:
    for number in dict.fromkeys((at, first)):
        key = _KEY.fullmatch(lines[number])
        items = re.split(r"[\s,\[{]+", key["value"]) if key else []
        begins = [item[0] for item in items if item and item[0] in "%@`"]
        value = key["value"].strip() if key else ""
        sign = (
            value[:1] if value[:1] in _FIRST and not _BLOCK.fullmatch(lines[number]) else "".join(begins)[:1]
        )
        if sign:
            example = 'cron: "*/5 * * * *"' if key and key["name"] == "cron" else ""
            return YamlFault(
                number + 1, _(_FIRST[sign]), f"{_(_QUOTES)}: {example}" if example else _(_QUOTES)
            )
    return None


def _block_text(lines: list[str], at: int) -> YamlFault | None:
    """Text below `key: |` that is not indented deeper than the key, or less than its own first line."""
    for number in range(at - 1, -1, -1):
        line = lines[number]
        if _BLOCK.fullmatch(line):
            return _block_fault(lines, number, at)
        if line.strip() and _KEY.fullmatch(line) and _indent(line) <= _indent(lines[at]):
            return None
    return None


def _block_fault(lines: list[str], head: int, at: int) -> YamlFault | None:
    between = [line for line in lines[head + 1 : at] if line.strip()]
    deep = _indent(lines[head])
    if _indent(lines[at]) <= deep:
        message = _(
            "this line is no part of the text below line {head}, since it is not indented deeper"
        ).format(head=head + 1)
        return YamlFault(at + 1, message, _("indent the text by {deep} spaces or more").format(deep=deep + 2))
    if between and all(_indent(line) > _indent(lines[at]) for line in between):
        message = _("the first line of the text below line {head} is indented by {spaces}").format(
            head=head + 1, spaces=_spaces(between[0])
        )
        return YamlFault(
            at + 1,
            _("{message}, this one by {indent}").format(message=message, indent=_indent(lines[at])),
            _("indent the first line least of all"),
        )
    return None


def _second_colon(lines: list[str], at: int, column: int) -> YamlFault | None:
    """Either a `: ` inside a value, or a key that is indented deeper than those beside it."""
    key = _KEY.match(lines[at])
    if key is None or column > key.end("name") + 1:
        hint = _("put the value in quotes, or below `key: |` if it is SQL")
        return YamlFault(
            at + 1, _("a second `: ` in one line (column {column})").format(column=column + 1), hint
        )
    before = _line_before(lines, at)
    if before is None:
        return None
    return YamlFault(at + 1, _indents(lines, at, before), _("indent the keys of one section alike"))


def _indents(lines: list[str], at: int, before: int) -> str:
    shown = _("this line is indented by {spaces}").format(spaces=_spaces(lines[at]))
    return _("{shown}, line {before} before it by {indent}").format(
        shown=shown, before=before + 1, indent=_indent(lines[before])
    )


def _no_key(lines: list[str], at: int) -> YamlFault | None:
    line = lines[at].strip()
    if re.match(r"[\w.-]+:\S", line):
        return YamlFault(at + 1, _("there is no space behind the colon"), _("write `key: value`"))
    if re.match(r"-[^\s-]", line):
        return YamlFault(at + 1, _("there is no space behind the `-`"), "write `- item`")
    if re.match(r"[\w.-]+\s*=", line):
        return YamlFault(at + 1, _("key and value are parted by `=`"), _("write `key: value`"))
    hint = _("write `key: value`; a text of several lines stands below `key: |`, indented deeper")
    return YamlFault(at + 1, _("the line is no key with its value"), hint)


def _less_indented(lines: list[str], at: int) -> YamlFault | None:
    """A line that is indented neither as those before it nor as one of the sections they stand in."""
    own, before = _indent(lines[at]), _line_before(lines, at)
    if before is None:
        return None
    message = _indents(lines, at, before)
    for number in range(before, -1, -1):
        if lines[number].strip() and _KEY.fullmatch(lines[number]) and _indent(lines[number]) < own:
            message += _(", and line {number} above them by {indent}").format(
                number=number + 1, indent=_indent(lines[number])
            )
            break
    return YamlFault(at + 1, message, _("indent the keys of one section alike"))


def _line_before(lines: list[str], at: int) -> int | None:
    """The nearest line above that is neither empty nor a comment."""
    above = (number for number in range(at - 1, -1, -1) if lines[number].strip())
    return next((number for number in above if not lines[number].lstrip().startswith("#")), None)


def _parsers_words(error: yaml.MarkedYAMLError) -> YamlFault:
    mark, begun = error.problem_mark, error.context_mark
    # PyYAML may quote the text it stumbles over, perhaps a secret: fixed words and single signs are kept.
    words = [_SAID.sub("", part) for part in (error.problem, error.context) if part]
    # What is never closed is at fault where it begins, not at the file's end.
    where = begun if begun and words and "end of stream" in words[0] else mark or begun
    if begun and mark and where is mark and begun.line != mark.line:
        words.append(_("that begins in line {line}").format(line=begun.line + 1))
    return YamlFault(where.line + 1 if where else 0, _("YAML syntax: {words}").format(words=", ".join(words)))
