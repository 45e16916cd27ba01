"""What the documents show runs: every ```python block of README.md, CONTRIBUTING.md and docs/*.md.

The blocks of a file share their names, in order. A block of `>>>` lines is a doctest; a block marked
```python no-run is for the eye.
"""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fad.core.dispatch import direct, newcome, overrides

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)(?P<mark>[^\n]*)\n(?P<text>.*?)^(?P=indent)``` *$",
                    re.M | re.S)


class Block(NamedTuple):
    """A fenced block: its text, and the lines of the file before it."""

    language: str
    mark: str
    text: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    for match in _FENCE.finditer(text):
        yield Block(match["language"], match["mark"].strip(), match["text"], text.count("\n", 0, match.start("text")))


def run(block: Block, path: Path, names: dict[str, Any]) -> None:
    """Run one block; a traceback shows the document's own line."""
    if ">>>" not in block.text:
        exec(compile("\n" * block.line + block.text, str(path), "exec"), names)
        return
    name = f"{path.name}:{block.line + 1}"
    examples = doctest.DocTestParser().get_doctest(block.text, {}, name, str(path), block.line)
    examples.globs = names
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    if runner.run(examples, out=report.append, clear_globs=False).failed:
        pytest.fail("".join(report))


@pytest.fixture
def own_rules() -> Iterator[None]:
    """A document may enter rules; other tests do not see them."""
    newcome("none")  # what is entered when it is first used is entered once
    tables: tuple[dict[Any, Any], ...] = overrides, direct
    saved = [dict(table) for table in tables]
    yield
    for table, before in zip(tables, saved, strict=True):
        table.clear()
        table.update(before)


@pytest.mark.usefixtures("own_rules")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_shows_runs(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # what a block writes is not left behind
    names: dict[str, Any] = {"__name__": "document"}
    for block in blocks(path.read_text("utf-8")):
        if block.language == "python" and block.mark != "no-run":
            run(block, path, names)


def test_the_readme_has_its_two_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = [block.text.strip() for block in blocks(readme) if block.language == "sh"]
    assert len(commands) >= 2
    assert all("\n" not in command for command in commands[:2])
    assert commands[0].endswith("python -m fad")
    assert "pytest" in commands[1]


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_a_wrong_document_is_caught() -> None:
    block = next(blocks("text\n```python\n>>> 1 + 1\n3\n```\n"))
    assert block.line == 2
    with pytest.raises(pytest.fail.Exception, match="Expected"):
        run(block, Path("wrong.md"), {})
