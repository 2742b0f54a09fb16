"""The page of all exercises: a list for each chapter, with the time that each exercise takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.chapters import AFTERNOON, exercise_texts, minutes
from tools.notebooks import chapters, read, text, title

PAGE = "exercises.md"
WARM_UP, SHORT, HOUR = 5, 10, 60  # minutes
KINDS = (
    ("5 minutes", WARM_UP),
    ("10 minutes", SHORT),
    ("15 minutes to 1 hour", HOUR),
    ("an afternoon", AFTERNOON),
)
SHORTEST, LONGEST = 200, 320  # characters of the first sentences
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z`*{$])")


@dataclass(frozen=True)
class Exercise:
    """An exercise of a chapter.

    Attributes
    ----------
    chapter : str
        The name of the file.
    title : str
        Of the chapter.
    time : str
        As the chapter says it, such as "15 minutes".
    label : str
    task : str
        Its first sentences.
    """

    chapter: str
    title: str
    time: str
    label: str
    task: str

    @property
    def minutes(self) -> int:
        """How long it takes a student."""
        found = minutes(self.time)
        if found is None:
            raise ValueError(
                f"the exercise {self.label} has the title {self.time!r}; expected the time it "
                f"takes, such as `15 minutes`"
            )
        return found


def of_chapter(path: Path) -> list[Exercise]:
    """List the exercises of one chapter, in its order."""
    notebook = read(path)
    return [
        Exercise(path.stem, title(notebook), time, label, first_sentences(task))
        for time, label, task in exercise_texts(text(notebook))
    ]


def first_sentences(task: str) -> str:
    """Shorten a task to its first sentences: at least one, and more if they are short."""
    words = re.sub(r"\{index\}`([^`<]*?)(?: <[^`]*>)?`", r"\1", task.partition("\n\n")[0])
    sentences = SENTENCE.split(" ".join(words.split()))
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) >= SHORTEST and len(kept) + len(sentence) > LONGEST:
            break
        kept += f" {sentence}"
    return kept.rstrip(":") + ("." if kept.endswith(":") else "")


def parts(book: Path) -> dict[str, str]:
    """Write what stands between the marks of the page, by the names of the marks."""
    found = [exercise for path in chapters(book) for exercise in of_chapter(path)]
    return {"how-many": how_many(found), "exercises": "\n".join(_lists(found)) + "\n"}


def how_many(found: list[Exercise]) -> str:
    """Count the exercises by the time that they take."""
    counts, before = [], 0
    for words, most in KINDS:
        counts.append((words, sum(before < one.minutes <= most for one in found)))
        before = most
    rows = "\n".join(f"| {words} | {n} |" for words, n in counts)
    return f"| time | exercises |\n| --- | --- |\n{rows}\n| all | {len(found)} |\n"


def _lists(found: list[Exercise]) -> Iterator[str]:
    chapter = ""
    for one in found:
        if one.chapter != chapter:
            yield from ("", f"## {one.title}", "", f"Chapter: {{doc}}`{one.chapter}`.", "")
            yield from ("| exercise | time | it begins with |", "| --- | --- | --- |")
            chapter = one.chapter
        yield f"| {{ref}}`{one.label}` | {one.time} | {_cell(one.task)} |"


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
