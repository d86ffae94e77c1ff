"""List the functions of Python files with the places in them that can be changed.

Standard input has the paths, a JSON list; the answer is a JSON object: path -> functions,
or null for a file that Python's own parser does not take. Offsets count bytes. In "text" of
the place "enter" the mark %CODE% stands for an expression that runs when the function does.
"""

import ast
import json
import sys

COMPARE = {ast.Eq: "!=", ast.NotEq: "==", ast.Lt: ">=", ast.GtE: "<", ast.Gt: "<=", ast.LtE: ">",
           ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in"}
SPELL = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">", ast.LtE: "<=",
         ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}
BINARY = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "+"), ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*"),
          ast.Mod: ("%", "+"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&")}
BOOLEAN = {ast.And: ("and", "or"), ast.Or: ("or", "and")}


class Sites(ast.NodeVisitor):
    def __init__(self, src, starts):
        self.src, self.starts, self.sites = src, starts, []

    def at(self, line, column):
        return self.starts[line - 1] + column

    def span(self, node):
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def add(self, operator, start, end, text, line):
        self.sites.append({"operator": operator, "start": start, "end": end, "text": text, "line": line})

    def replace(self, operator, node, text):
        start, end = self.span(node)
        self.add(operator, start, end, text, node.lineno)

    def text(self, node):
        start, end = self.span(node)
        return self.src[start:end].decode()

    def between(self, left, right, old, new, operator):
        """Replace the operator between two operands, where nothing but it stands there."""
        start, end = self.span(left)[1], self.span(right)[0]
        if self.src[start:end].strip().decode() == old:
            self.add(operator, start, end, f" {new} ", left.end_lineno)

    def visit_If(self, node):
        self.replace("negate", node.test, f"(not ({self.text(node.test)}))")
        self.generic_visit(node)

    visit_While = visit_IfExp = visit_If

    def visit_Compare(self, node):
        if len(node.ops) == 1:
            kind = type(node.ops[0])
            self.between(node.left, node.comparators[0], SPELL[kind], COMPARE[kind], "operator")
        self.generic_visit(node)

    def visit_BinOp(self, node):
        if type(node.op) in BINARY:
            self.between(node.left, node.right, *BINARY[type(node.op)], "operator")
        self.generic_visit(node)

    def visit_BoolOp(self, node):
        if len(node.values) == 2:
            self.between(*node.values, *BOOLEAN[type(node.op)], "operator")
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, bool):
            self.replace("literal", node, str(not node.value))
        elif isinstance(node.value, int):
            self.replace("literal", node, f"({self.text(node)}+1)")
        elif isinstance(node.value, str):
            self.replace("literal", node, repr(node.value + "~"))

    def visit_JoinedStr(self, node):
        pass  # what stands in it has no places of its own

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Constant):
            return  # a text that says what the function does
        if isinstance(node.value, ast.Call):
            self.replace("statement", node, "pass")
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        self.replace("statement", node, "pass")
        self.generic_visit(node)

    def visit_Assign(self, node):
        if any(isinstance(t, (ast.Attribute, ast.Subscript)) for t in node.targets):
            self.replace("statement", node, "pass")
        self.generic_visit(node)

    def visit_Return(self, node):
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self.replace("return", node.value, "None")
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        for statement in node.body:  # decorators and defaults are not what it does
            self.visit(statement)

    visit_AsyncFunctionDef = visit_FunctionDef


def enter(src, starts, body):
    """The place where code runs whenever the function is called."""
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        if len(body) == 1:
            at = starts[first.end_lineno - 1] + first.end_col_offset
            return {"start": at, "end": at, "text": "; %CODE%", "line": first.end_lineno}
        first = body[1]
    line = min([first.lineno] + [d.lineno for d in getattr(first, "decorator_list", [])])
    column = first.col_offset
    start = starts[line - 1]
    before = src[start:start + column]
    if before.strip():
        return {"start": start + column, "end": start + column, "text": "%CODE%; ", "line": line}
    return {"start": start, "end": start, "text": before.decode() + "%CODE%\n", "line": line}


def functions(src):
    tree = ast.parse(src)
    starts = [0]
    for line in src.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []

    def walk(body, name):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                sites = Sites(src, starts)
                for statement in node.body:
                    sites.visit(statement)
                found.append({"name": name + node.name, "line": node.lineno, "enter": enter(src, starts, node.body), "sites": sites.sites})
            elif isinstance(node, ast.ClassDef):
                walk(node.body, name + node.name + ".")
            elif isinstance(node, (ast.If, ast.Try, ast.With)):
                for part in ("body", "handlers", "orelse", "finalbody"):
                    for inner in getattr(node, part, []):
                        walk(inner.body if isinstance(inner, ast.ExceptHandler) else [inner], name)

    walk(tree.body, "")
    return found


answer = {}
for path in json.load(sys.stdin):
    with open(path, "rb") as file:
        src = file.read()
    try:
        # Columns count bytes of UTF-8, lines end with \n or \r\n.
        src.decode("utf-8")
        if src.startswith(b"\xef\xbb\xbf") or b"\x0c" in src or b"\r" in src:
            raise ValueError("its columns are not plain")
        answer[path] = functions(src)
    except (SyntaxError, ValueError):
        answer[path] = None
json.dump(answer, sys.stdout)
