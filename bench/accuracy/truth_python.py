"""What the files of a folder import, by Python's own parser and finders.

    python3 truth_python.py FOLDER [ROOT ...]

Prints one JSON document. ROOT are the folders that the project puts on sys.path, relative
to FOLDER. Nothing is imported or run: importlib.machinery.PathFinder is only asked where
a name would be found.

A file sees, in this order: the folder that holds its top-level package, or the file
itself (a script's sys.path[0], and what pytest puts first); the roots; then what is
outside of the folder, which is no edge.
"""

import ast
import json
import os
import sys
import warnings
from importlib.machinery import PathFinder

EXTENSIONS = (".py", ".pyi")


def main(folder, roots):
    folder = os.path.realpath(folder)
    roots = [os.path.join(folder, r) if r != "." else folder for r in roots] or [folder]
    out = {"python": sys.version.split()[0], "files": 0, "edges": [], "bound": [], "unread": []}
    for path in sorted(sources(folder)):
        rel = os.path.relpath(path, folder)
        try:
            with open(path, "rb") as f, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(f.read(), rel)
        except (SyntaxError, ValueError, RecursionError) as e:
            out["unread"].append([rel, str(e)])
            continue
        out["files"] += 1
        importer = Importer(folder, path, roots)
        for node in ast.walk(tree):
            importer.visit(node)
        importer.loaded(path)
        for target, how in importer.found.items():
            if target != path:
                out["edges"].append([rel, os.path.relpath(target, folder), how])
        for target in importer.bound:
            out["bound"].append([rel, os.path.relpath(target, folder)])
    json.dump(out, sys.stdout)


def sources(folder):
    for here, folders, files in os.walk(folder):
        folders[:] = [d for d in folders if d != ".git"]
        for name in files:
            path = os.path.join(here, name)
            if name.endswith(EXTENSIONS) and not os.path.islink(path):
                yield path


class Importer:
    """One file, and what it imports of the folder."""

    def __init__(self, folder, path, roots):
        self.folder = folder
        self.found = {}  # path -> how
        self.bound = []
        # The package that the file is in, as a list of folders from the top-level one.
        here = os.path.dirname(path)
        names = []
        top = here
        while top != folder and is_package(top):
            names.insert(0, os.path.basename(top))
            top = os.path.dirname(top)
        self.path = [top] + [r for r in roots if r != top]
        self.package_folder = here

    def loaded(self, path):
        """importlib loads a package before any module of it: _find_and_load_unlocked."""
        if path.endswith(".pyi"):
            return  # never loaded
        package = self.package_folder
        if os.path.basename(path) == "__init__.py":
            if package == self.folder:
                return
            package = os.path.dirname(package)
        init = os.path.join(package, "__init__.py")
        if os.path.isfile(init):
            self.found.setdefault(init, "loaded first")

    def through(self, dotted, how):
        """The packages around a.b.c, where b has no file that would load a itself."""
        parts = dotted.split(".")
        for n in range(1, len(parts)):
            inner = walk(".".join(parts[: n + 1]), self.path)
            if inner is not None and inner.submodule_search_locations is not None and not inner.origin:
                self.note(walk(".".join(parts[:n]), self.path), how)

    def visit(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                how = f"{node.lineno}: import {alias.name}"
                self.note(self.absolute(alias.name), how)
                # "import a.b.c" loads a, a.b and a.b.c in this order.
                parts = alias.name.split(".")
                for n in range(1, len(parts)):
                    self.note(self.absolute(".".join(parts[:n])), how)
        elif isinstance(node, ast.ImportFrom):
            self.import_from(node)
        elif isinstance(node, ast.Call):
            self.call(node)

    def import_from(self, node):
        dotted = "." * node.level + (node.module or "")
        module = self.relative(node.level, node.module) if node.level else self.absolute(node.module)
        if module is None:
            return
        how = f"{node.lineno}: from {dotted} import "
        if not node.level:
            self.through(node.module, how)
        self.note(module, how + ", ".join(a.name for a in node.names))
        inside = module.submodule_search_locations
        if inside is None:
            return
        names = [a.name for a in node.names]
        bindings = bound_names(module.origin)
        if names == ["*"]:
            names = [] if "*" in bindings else list(all_names(module.origin))
        for name in names:
            sub = find(name, list(inside))
            if sub is None:
                continue
            if name in bindings:
                # The package has something of that name: the import system takes it, and
                # looks for no module.
                self.bound.append(sub.origin or "")
            else:
                self.note(sub, how + name)

    def call(self, node):
        """importlib.import_module("a.b") and __import__("a.b")."""
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        if name not in ("import_module", "__import__") or not node.args:
            return
        arg = node.args[0]
        if not isinstance(arg, ast.Constant) or not isinstance(arg.value, str) or not arg.value:
            return
        if arg.value.startswith("."):
            package = node.args[1] if len(node.args) > 1 else None
            for k in node.keywords:
                if k.arg == "package":
                    package = k.value
            if not isinstance(package, ast.Name) or package.id not in ("__package__", "__name__"):
                return  # relative to what is not written there
            rest = arg.value.lstrip(".")
            module = self.relative(len(arg.value) - len(rest), rest)
        elif all(arg.value.split(".")):
            module = self.absolute(arg.value)
        else:
            return
        if not arg.value.startswith("."):
            self.through(arg.value, f"{node.lineno}: {name}({arg.value!r})")
        self.note(module, f"{node.lineno}: {name}({arg.value!r})")

    def absolute(self, dotted):
        where = self.path
        if dotted.split(".")[0] in sys.builtin_module_names:
            return None
        return walk(dotted, where)

    def relative(self, level, dotted):
        where = self.package_folder
        for _ in range(level - 1):
            where = os.path.dirname(where)
        if not (where + "/").startswith(self.folder + "/"):
            return None
        if dotted:
            return walk(dotted, [where])
        return Package(where)

    def note(self, module, how):
        """An edge to the file of a module, if it lies in the folder and is source."""
        if module is None or not module.origin:
            return  # a namespace package runs no code
        origin = os.path.realpath(module.origin)
        if origin.startswith(self.folder + "/") and origin.endswith(EXTENSIONS):
            self.found.setdefault(origin, how)


class Package:
    """A folder that is imported from by dots, as a spec."""

    def __init__(self, folder):
        init = os.path.join(folder, "__init__.py")
        self.origin = init if os.path.isfile(init) else None
        self.submodule_search_locations = [folder]


def walk(dotted, where):
    """The spec of the last name of a.b.c."""
    spec = None
    for name in dotted.split("."):
        if where is None:
            return None  # a module that is no package
        spec = find(name, list(where))
        if spec is None:
            return None
        where = spec.submodule_search_locations
    return spec


CACHE = {}


def find(name, where):
    key = (name, tuple(where))
    if key not in CACHE:
        spec = PathFinder.find_spec(name, where)
        if spec is None:
            for folder in where:  # a stub that stands alone is what type checkers read
                for stub in (os.path.join(folder, name + ".pyi"), os.path.join(folder, name, "__init__.pyi")):
                    if os.path.isfile(stub):
                        spec = Stub(stub)
        elif spec.submodule_search_locations is not None:
            spec.submodule_search_locations = list(spec.submodule_search_locations)
        CACHE[key] = spec
    return CACHE[key]


class Stub:
    def __init__(self, path):
        self.origin = path
        self.submodule_search_locations = [os.path.dirname(path)] if path.endswith("__init__.pyi") else None


def is_package(folder):
    return os.path.isfile(os.path.join(folder, "__init__.py"))


PARSED = {}


def parsed(path):
    if path not in PARSED:
        PARSED[path] = None
        if path and path.endswith(EXTENSIONS):
            try:
                with open(path, "rb") as f, warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    PARSED[path] = ast.parse(f.read())
            except (OSError, SyntaxError, ValueError, RecursionError):
                pass
    return PARSED[path]


BOUND = {}


def bound_names(path):
    """What a module binds by statements of its own, not by importing a submodule; "*" is
    what it takes whole from others."""
    if path not in BOUND:
        BOUND[path] = names = set()
        tree = parsed(path)
        for node in outer(tree) if tree else ():
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.ImportFrom) and node.level == 1 and not node.module:
                pass  # from . import submodule
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    names.add((alias.asname or alias.name).split(".")[0])
    return BOUND[path]


def outer(tree):
    """All nodes that are not inside of a function or a class."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def all_names(path):
    """The names of a literal __all__."""
    tree = parsed(path)
    for node in tree.body if tree else ():
        targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
        if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
            value = node.value
            if isinstance(value, (ast.List, ast.Tuple)):
                for item in value.elts:
                    if isinstance(item, ast.Constant) and isinstance(item.value, str):
                        yield item.value


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
