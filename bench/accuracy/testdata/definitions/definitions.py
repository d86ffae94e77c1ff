"""What Python's own parser says that files define: one JSON object a line for each
path read from standard input. Written against the documentation of ast alone."""

import ast
import json
import re
import sys


def public(name):
    return not name.startswith("_") or (len(name) > 4 and name.startswith("__") and name.endswith("__"))


def names(target):
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from names(element)
    elif isinstance(target, ast.Starred):
        yield from names(target.value)


def walk(body, prefix, exported, depth, out):
    for node in body:
        def add(name, kind, start=None):
            out.append([prefix + name, kind, exported and public(name), start or node.lineno, node.end_lineno])

        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            add(node.name, "method" if prefix else "function")
        elif isinstance(node, ast.ClassDef):
            add(node.name, "class")
            if depth < 8:
                walk(node.body, prefix + node.name + ".", exported and public(node.name), depth + 1, out)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in names(target):
                    letters = name.replace("_", "")
                    kind = "variable"
                    if name.isascii() and name == name.upper() and any(c.isalpha() for c in letters):
                        kind = "constant"
                    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                        kind = "method" if prefix else "function"
                    add(name, kind)
        elif type(node).__name__ == "TypeAlias":
            add(node.name.id, "type")
        else:
            for field in ("body", "orelse", "finalbody", "handlers", "cases"):
                for part in getattr(node, field, []) if isinstance(node, (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match) + ((ast.TryStar,) if hasattr(ast, "TryStar") else ())) else []:
                    if isinstance(part, (ast.ExceptHandler, ast.match_case)):
                        walk(part.body, prefix, exported, depth, out)
                    else:
                        walk([part], prefix, exported, depth, out)


def listed(tree):
    """The strings in what is assigned to __all__ at the top."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            for part in ast.walk(node.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def examples(tree):
    """The line of the first string that is a statement and has an example for doctest."""
    found = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        and re.search(r"^[ \t]*(>>>|\.\.\.) .*[A-Za-z_]", node.value.value, re.MULTILINE)
    ]
    return min(found, default=None)


def main():
    for line in sys.stdin:
        path = line.rstrip("\n")
        try:
            with open(path, "rb") as f:
                source = f.read()
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            print(json.dumps({"path": path, "refused": True}))
            continue
        out = []
        first = tree.body[0] if tree.body else None
        if ast.get_docstring(tree, clean=False) is not None and first.col_offset == 0:
            out.append(["__doc__", "variable", False, first.lineno, first.end_lineno])
        elif (line := examples(tree)) is not None:  # for doctest
            out.append(["__doc__", "variable", False, line, line])
        walk(tree.body, "", True, 0, out)
        public_names = set(listed(tree))
        for d in out:
            if d[0] in public_names:
                d[2] = True
        print(json.dumps({"path": path, "definitions": out}))


main()
