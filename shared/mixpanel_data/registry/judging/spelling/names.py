"""Names of events and properties: their version, their words, and which are alike.

Two names are twins if they differ in case, spacing and separators only, and near if they also differ by one edit: a
letter too many, missing or wrong, or two neighbours swapped (Damerau 1964). Differences that are not slips do not
count: a number, a whole word, a plural, anything in a name of fewer than five letters.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

_VERSION = re.compile(
    r"(?P<base>.*?[^\s._\-/:])(?:[\s._\-/:]+[vV]|(?<=[a-z0-9])V)(?P<number>[0-9]+(?:\.[0-9]+)*)\Z", re.DOTALL
)
_WORD = re.compile(r"[0-9]+|[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LEAST_LETTERS = 5
_LEAST_SINGULAR = 3


def base_and_version(name: str) -> tuple[str, str | None]:
    """A name without its version, and the version: `signup` and `v2` of `signup.v2`; None where it has none."""
    match = _VERSION.match(name)
    return (match["base"], f"v{match['number']}") if match else (name, None)


@dataclass(frozen=True)
class SpelledName:
    """A name as it is compared with others."""

    text: str

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words and numbers in lower case: `step`, `one` and `2` of `stepOne_2`."""
        return tuple(part.lower() for word in _WORD.findall(self.text) for part in _HUMP.split(word))

    @cached_property
    def folded(self) -> str:
        """Its words joined; numbers stay apart, so that `v1.2` is not `v12`."""
        joined = ""
        for word in self.words:
            joined += f".{word}" if joined[-1:].isdigit() and word[0].isdigit() else word
        return joined or self.text

    @cached_property
    def digits(self) -> tuple[str, ...]:
        return tuple(word for word in self.words if word.isdigit())

    @cached_property
    def letters(self) -> int:
        return sum(character.isalpha() for character in self.folded)


def are_twins(one: SpelledName, other: SpelledName) -> bool:
    """Whether two names differ in case, spacing and separators only."""
    return one.text != other.text and one.folded == other.folded


def is_near(one: SpelledName, other: SpelledName) -> bool:
    """Whether one edit, such as a person makes by mistake, leads from one name to the other."""
    return (
        min(one.letters, other.letters) >= _LEAST_LETTERS
        and one.digits == other.digits
        and is_one_edit(one.folded, other.folded)
        and not _is_another_word(*changed_words(one, other))
    )


def is_one_edit(one: str, other: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours turns one text into the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other = one[start:], other[start:]
    if len(one) != len(other):
        longer, shorter = (one, other) if len(one) > len(other) else (other, one)
        return longer[1:] == shorter
    return one[1:] == other[1:] or (one[1::-1] == other[:2] and one[2:] == other[2:])


def changed_words(one: SpelledName, other: SpelledName) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of each that the other does not have at the same place, counted from either end."""
    ours, theirs = list(one.words), list(other.words)
    while ours and theirs and ours[0] == theirs[0]:
        ours, theirs = ours[1:], theirs[1:]
    while ours and theirs and ours[-1] == theirs[-1]:
        ours, theirs = ours[:-1], theirs[:-1]
    return tuple(ours), tuple(theirs)


def _is_another_word(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether the names differ by a word that is there or not, by words of one letter, or by a plural."""
    if not ours or not theirs:
        return True
    if len(ours) > 1 or len(theirs) > 1:
        return False
    shorter, longer = sorted((ours[0], theirs[0]), key=len)
    is_plural = longer == f"{shorter}s" and len(shorter) >= _LEAST_SINGULAR and shorter[-1] not in "siu"
    return is_plural or len(longer) == 1


def alike(names: Iterable[str], is_worth: Callable[[str, str], bool]) -> Iterator[tuple[SpelledName, SpelledName]]:
    """The pairs of names that are twins, or near and worth comparing; each once, in no order.

    Texts within one edit of each other share one of the texts that they become without one character, or are
    such a text (Mor and Fraenkel 1982), so that not all pairs are compared.
    """
    spelled = [SpelledName(text) for text in sorted(set(names))]
    # By hash, because the texts themselves would take 250 times the room of a long name.
    by_variant: dict[int, list[int]] = {}
    for number, name in enumerate(spelled):
        met: set[int] = set()
        for variant in _variants(name.folded):
            same = by_variant.setdefault(variant, [])
            met.update(same)
            same.append(number)
        for other in sorted(met):
            if _are_alike(spelled[other], name, is_worth):
                yield spelled[other], name


def _are_alike(one: SpelledName, other: SpelledName, is_worth: Callable[[str, str], bool]) -> bool:
    if one.digits != other.digits:
        return False
    return are_twins(one, other) or (is_worth(one.text, other.text) and is_near(one, other))


def _variants(text: str) -> set[int]:
    return {hash(text), *(hash(text[:place] + text[place + 1 :]) for place in range(len(text)))}
