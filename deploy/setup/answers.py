"""The answers to the questions, and where one comes from if nobody has to be asked."""

from collections.abc import Callable, Mapping, Sequence

from deploy.given import Given
from deploy.setup.errors import SetupError
from deploy.setup.options import Options
from deploy.setup.questions import QUESTIONS, Question
from deploy.setup.terminal import ask, confirm, say

Answers = Mapping[str, str]
"""The answers, by the names of their options."""


def known_answers(options: Options, given: Given, kept: Mapping[str, str]) -> Answers:
    """The answers that are there: options, then `kept`, the variables of Terraform's file, then the environment."""
    found: dict[str, str] = {}
    for question in QUESTIONS:
        sources = (
            options.given.get(question.option),
            kept.get(question.tfvar),
            given.variables.get(question.variable),
        )
        if answer := next(filter(None, sources), None):
            found[question.option] = _valid(question, answer)
    return found


def _valid(question: Question, answer: str) -> str:
    try:
        return question.checked(answer)
    except ValueError as error:
        source = f" or {question.variable}" if question.variable else ""
        raise SetupError(f"{question.flag}{source}: {error}") from None


def all_answers(
    options: Options,
    known: Answers,
    suggestions: Answers,
    needless: Sequence[str],
    keep: Callable[[Answers], object],
) -> Answers:
    """Every answer but the needless ones: asked at a terminal, with what is known as the default.

    `suggestions` are defaults that count at a terminal only. Where the questions are cut short, `keep` gets the answers
    up to there. Raises SetupError naming the options that are missing.
    """
    asked = [question for question in QUESTIONS if question.option not in needless]
    usual = {each.option: _usual(each, known) for each in asked}
    complete = {**known, **{option: answer for option, answer in usual.items() if answer}}
    missing = [question for question in asked if question.option not in complete]
    if not options.can_ask:
        if missing:
            raise SetupError(f"There is nobody to ask. Give {', '.join(map(_sources, missing))}.")
        return complete
    if not missing:
        _show(complete)
        if confirm("Use these answers?", enter_means=True):
            return complete
    answers = dict(known)
    try:
        for question in asked:
            default = _usual(question, answers) or suggestions.get(question.option, "")
            answers[question.option] = ask(question.text, default, question.checked)
    except BaseException:
        keep(answers)
        raise
    return answers


def _usual(question: Question, known: Answers) -> str:
    """The answer that is known, or that most people give."""
    if question.option in known:
        return known[question.option]
    near = "EU" if known.get("region", "").startswith("europe-") else "US"
    return {"region": "us-central1", "location": near, "mixpanel_region": "us"}.get(question.option, "")


def _sources(question: Question) -> str:
    return f"{question.flag} (or {question.variable})" if question.variable else question.flag


def _show(answers: Answers) -> None:
    for question in QUESTIONS:
        if question.option in answers:
            say(f"  {question.text}: {answers[question.option]}")
