"""Count the lines of code of each package and of the tests; list long functions and repeated names.

    python benchmarks/structure.py            # this checkout; or the folder of another version

Lines of code are lines without docstrings, comments and blank lines. All lines of the folder
`tests`, which stands beside `src`, are compared with all lines of the package.
"""

from __future__ import annotations

import ast
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "src" / "roomread"
LONGEST = 10
MOST_LINES = 400
_NO_CODE = (
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def lines_of(node: ast.stmt | ast.expr) -> range:
    """Return the numbers of the lines of a statement."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def docstrings(tree: ast.Module) -> Iterator[int]:
    """Yield the numbers of the lines of strings that are statements."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield from lines_of(node)


def code_lines(path: Path, tree: ast.Module) -> set[int]:
    """Return the numbers of the lines of code of a file."""
    with path.open("rb") as file:
        tokens = [token for token in tokenize.tokenize(file.readline) if token.start[0]]
    spans = (range(t.start[0], t.end[0] + 1) for t in tokens if t.type not in _NO_CODE)
    return set(chain.from_iterable(spans)) - set(docstrings(tree))


def all_lines(folder: Path) -> int:
    """Return the number of lines of all Python files of a folder."""
    return sum(path.read_text(encoding="utf-8").count("\n") for path in folder.rglob("*.py"))


def main(package: Path = PACKAGE) -> None:
    """Print the counts of a package."""
    packages: Counter[str] = Counter()
    functions: list[tuple[int, str]] = []
    classes: defaultdict[str, list[str]] = defaultdict(list)
    large: list[str] = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        code = code_lines(path, tree)
        packages[name.parts[0] if len(name.parts) > 1 else "modules"] += len(code)
        if path.read_text(encoding="utf-8").count("\n") > MOST_LINES:
            large.append(str(name))
        for node in ast.walk(tree):
            if isinstance(node, Function):
                functions.append((len(code.intersection(lines_of(node))), f"{name} {node.name}"))
            elif isinstance(node, ast.ClassDef):
                classes[node.name].append(str(name))
    for part, count in sorted(packages.items()):
        print(f"{part:12} {count:6}")
    print(f"{'in all':12} {packages.total():6}\n")
    for count, function in sorted(functions, reverse=True)[:LONGEST]:
        print(f"{count:4} {function}")
    twice = {name: files for name, files in classes.items() if len(files) > 1}
    print(f"\nclass names that stand twice: {twice or 'none'}")
    print(f"files of over {MOST_LINES} lines: {large or 'none'}")
    tests, whole = all_lines(package.parents[1] / "tests"), all_lines(package)
    print(f"lines of tests and of the package: {tests} and {whole}, {tests / whole:.2f}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
