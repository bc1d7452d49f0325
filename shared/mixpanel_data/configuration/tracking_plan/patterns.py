"""Regular expressions in the syntax of RE2, checked without RE2: functions on BigQuery ship no engine that has it.

https://github.com/google/re2/wiki/Syntax is the syntax. What is accepted here, RE2 accepts; of what RE2 accepts, rare
things are left out: `\\C`, `(?<name>…)`, and scripts other than those below.
"""

import re

_LONGEST = 2000
_MOST_REPEATS = 1000
# RE2 compiles a pattern to a program of at most about 697,000 instructions, as measured with DuckDB. These are upper
# bounds of what it needs for one thing, so that of very large patterns some are refused that RE2 would accept.
_MOST_INSTRUCTIONS = 690_000
_OF_CHARACTER, _OF_RANGE, _OF_MANY, _OF_UNICODE_CLASS = 5, 20, 30, 1_600
_FLAGS = re.compile(r"\(\?(?:[imsU]+(?:-[imsU]+)?|-[imsU]+)?([:)])")
_NAMED = re.compile(r"\(\?P<([A-Za-z0-9_]+)>")
_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}", re.ASCII)
_SINGLE = re.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|x\{([0-9A-Fa-f]{1,6})\}|0[0-7]{0,2}|[1-7][0-7]{1,2}|[afnrtv]|[!-/:-@\[-`{-~])"
)
_SHORTHAND = re.compile(r"\\[dDsSwW]")
_UNICODE = re.compile(r"\\[pP](?:\{\^?([A-Za-z_]+)\}|([A-Za-z]))")
_POSIX = re.compile(r"\[:\^?([a-z]+):\]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LAST_CODE_POINT = 0x10FFFF
_CATEGORIES = _words(
    "Any C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs "
    "Arabic Armenian Bengali Cyrillic Devanagari Ethiopic Georgian Greek Han Hangul Hebrew Hiragana Katakana Latin "
    "Tamil Telugu Thai"
)
_CLASSES = _words("alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit")


def re2_pattern(text: str) -> str:
    """The pattern, unchanged. Raises ValueError saying what RE2 cannot take, and at which character."""
    if len(text) > _LONGEST:
        raise ValueError(f"give a pattern of at most {_LONGEST} characters")
    _Pattern(text).check()
    return text


class _Pattern:
    """One pass over a pattern; `_at` is where it stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._size = 0
        self._names: set[str] = set()

    def check(self) -> None:
        self._alternatives()
        if self._at < len(self._text):
            raise self._refusal("unmatched )")
        self._check_size()

    def _check_size(self) -> None:
        if self._size > _MOST_INSTRUCTIONS:
            raise self._refusal("the pattern gets too large: repeat less, or use smaller classes of characters")

    def _alternatives(self) -> int:
        """Up to the end of a group. Returns how many copies of one thing RE2 makes at most of the repetitions in it."""
        most, can_repeat = 1, False
        copies, before = 1, self._size
        while self._at < len(self._text) and self._text[self._at] != ")":
            character = self._text[self._at]
            if character == "|":
                self._at, can_repeat = self._at + 1, False
            elif character in "*+?" or _COUNT.match(self._text, self._at):
                if not can_repeat:
                    raise self._refusal("there is nothing to repeat")
                most, can_repeat = max(most, self._repetition(copies, before)), False
            else:
                start, before = self._at, self._size
                copies = self._atom()
                most, can_repeat = max(most, copies), not self._is_setting(start)
        return most

    def _atom(self) -> int:
        character = self._text[self._at]
        if character == "(":
            return self._group()
        if character == "[":
            self._character_class()
        elif character == "\\":
            self._escape()
        else:
            self._size += _OF_MANY if character == "." else _OF_CHARACTER
            self._at += 1
        return 1

    def _is_setting(self, start: int) -> bool:
        """Whether what stands there sets flags, or quotes nothing: there is nothing to repeat."""
        found = _FLAGS.match(self._text, start)
        return (found is not None and found[1] == ")") or self._text[start : self._at] in (r"\Q\E", r"\Q")

    def _group(self) -> int:
        start = self._at
        flags, named = _FLAGS.match(self._text, start), _NAMED.match(self._text, start)
        if flags and flags[1] == ")":
            self._at = flags.end()
            return 1
        if named:
            if named[1] in self._names:
                raise self._refusal(f"the group {named[1]!r} occurs twice")
            self._names.add(named[1])
        elif self._text.startswith("(?", start) and not flags:
            raise self._refusal("RE2 has no look-around, atomic groups, conditionals or comments")
        found = flags or named
        self._at = found.end() if found else start + 1
        copies = self._alternatives()
        if self._at == len(self._text):
            self._at = start
            raise self._refusal("this group is not closed")
        self._at += 1
        return copies

    def _repetition(self, copies: int, before: int) -> int:
        """Pass what repeats a thing that has so many copies already; the pattern before it has the size `before`."""
        count = _COUNT.match(self._text, self._at)
        least = most = 1
        if count:
            least = int(count[1])
            most = least if not count[3] else int(count[3])
            if most < least or copies * most > _MOST_REPEATS:
                raise self._refusal(f"a repetition may have at most {_MOST_REPEATS} copies, and its bounds must ascend")
        self._size = before + (self._size - before + 1) * max(least, most)
        self._check_size()
        self._at = count.end() if count else self._at + 1
        if self._text.startswith("?", self._at):
            self._at += 1
        if self._text.startswith(("*", "+", "?"), self._at) or _COUNT.match(self._text, self._at):
            raise self._refusal("a repetition cannot be repeated or be possessive")
        return copies * max(most, 1)

    def _escape(self) -> None:
        if self._text.startswith(r"\Q", self._at):
            end = self._text.find(r"\E", self._at)
            self._size += _OF_CHARACTER * ((len(self._text) if end < 0 else end) - self._at)
            self._at = len(self._text) if end < 0 else end + 2
            return
        if self._text[self._at : self._at + 2] in (r"\A", r"\z", r"\b", r"\B"):
            self._at += 2
        elif not self._class_escape():
            self._size += _OF_CHARACTER
            self._character()

    def _class_escape(self) -> bool:
        """Whether an escape that stands for several characters was passed."""
        if shorthand := _SHORTHAND.match(self._text, self._at):
            self._at = shorthand.end()
            self._size += _OF_MANY
            return True
        if (found := _UNICODE.match(self._text, self._at)) is None:
            return False
        if (found[1] or found[2]) not in _CATEGORIES:
            raise self._refusal(f"unknown character class: give one of {', '.join(sorted(_CATEGORIES))}")
        self._at = found.end()
        self._size += _OF_UNICODE_CLASS
        return True

    def _character(self) -> str:
        """One character, escaped or not, which is passed; as it sorts."""
        if self._text[self._at] != "\\":
            self._at += 1
            return self._text[self._at - 1]
        found = _SINGLE.match(self._text, self._at)
        if not found or (found[1] and int(found[1], 16) > _LAST_CODE_POINT):
            raise self._refusal("unknown escape; RE2 has no back-references")
        self._at = found.end()
        return _meaning(found)

    def _character_class(self) -> None:
        start = self._at
        is_negated = self._text.startswith("[^", start)
        self._size += _OF_MANY if is_negated else _OF_CHARACTER
        self._at += 2 if is_negated else 1
        first = self._at
        while self._at < len(self._text) and (self._text[self._at] != "]" or self._at == first):
            if not self._named_class() and not self._class_escape():
                self._range()
        if self._at == len(self._text):
            self._at = start
            raise self._refusal("this [ is not closed")
        self._at += 1

    def _named_class(self) -> bool:
        found = _POSIX.match(self._text, self._at)
        if found is None:
            if self._text.startswith("[:", self._at) and ":]" in self._text[self._at + 2 :]:
                raise self._refusal("unknown character class")
            return False
        if found[1] not in _CLASSES:
            raise self._refusal(f"unknown character class: give one of {', '.join(sorted(_CLASSES))}")
        self._at = found.end()
        return True

    def _range(self) -> None:
        start = self._at
        self._size += _OF_RANGE
        low = self._character()
        if self._text.startswith("-", self._at) and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
            self._at += 1
            if self._character() < low:
                self._at = start
                raise self._refusal("the range is reversed")

    def _refusal(self, why: str) -> ValueError:
        return ValueError(f"RE2 rejects the pattern at character {self._at + 1}: {why}")


_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _meaning(escape: re.Match[str]) -> str:
    after = escape[0][1:]
    if after[0] == "x":
        return chr(int(escape[1] or after[1:], 16))
    if after[0] in "01234567":
        return chr(int(after, 8))
    return _CONTROL.get(after, after)
