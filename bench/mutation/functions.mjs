// Lists the functions of TypeScript and JavaScript files with the places in them that can be
// changed, by TypeScript's own parser. The first argument is the folder that has it.
//
// Standard input has the paths, a JSON list; the answer is a JSON object: path -> functions,
// or null for a file that does not parse. Offsets count bytes. In "text" of the place "enter"
// the mark %CODE% stands for an expression that runs when the function does.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const ts = createRequire(process.argv[2] + "/")("typescript");
const K = ts.SyntaxKind;
const swaps = new Map([
  [K.EqualsEqualsEqualsToken, "!=="], [K.ExclamationEqualsEqualsToken, "==="],
  [K.EqualsEqualsToken, "!="], [K.ExclamationEqualsToken, "=="],
  [K.LessThanToken, ">="], [K.GreaterThanEqualsToken, "<"], [K.GreaterThanToken, "<="], [K.LessThanEqualsToken, ">"],
  [K.PlusToken, "-"], [K.MinusToken, "+"], [K.AsteriskToken, "/"], [K.SlashToken, "*"], [K.PercentToken, "*"],
  [K.AmpersandAmpersandToken, "||"], [K.BarBarToken, "&&"], [K.QuestionQuestionToken, "&&"],
  [K.AmpersandToken, "|"], [K.BarToken, "&"],
]);

function functionsOf(path) {
  const text = readFileSync(path, "utf8");
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  if (file.parseDiagnostics.length > 0) return null;
  const plain = Buffer.byteLength(text) === text.length;
  const offset = (at) => (plain ? at : Buffer.byteLength(text.slice(0, at)));
  const lineOf = (at) => file.getLineAndCharacterOfPosition(at).line + 1;
  const found = [];

  const place = (operator, start, end, replaced) => ({ operator, start: offset(start), end: offset(end), text: replaced, line: lineOf(start) });

  function sitesOf(root) {
    const sites = [];
    const replace = (operator, node, by) => sites.push(place(operator, node.getStart(file), node.end, by));
    function visit(node) {
      // Types are gone when it runs.
      if (ts.isTypeNode(node) || ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
      if (ts.isIfStatement(node) || ts.isWhileStatement(node)) replace("negate", node.expression, `!(${node.expression.getText(file)})`);
      else if (ts.isConditionalExpression(node)) replace("negate", node.condition, `!(${node.condition.getText(file)})`);
      else if (ts.isForStatement(node) && node.condition) replace("negate", node.condition, `!(${node.condition.getText(file)})`);
      else if (ts.isBinaryExpression(node) && swaps.has(node.operatorToken.kind)) {
        const by = swaps.get(node.operatorToken.kind);
        // ?? may not stand beside && without parentheses.
        const inside = ts.isBinaryExpression(node.parent) || ts.isBinaryExpression(node.left) || ts.isBinaryExpression(node.right);
        if (!inside || ![K.AmpersandAmpersandToken, K.BarBarToken, K.QuestionQuestionToken].includes(node.operatorToken.kind))
          replace("operator", node.operatorToken, by);
      } else if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent)) replace("literal", node, `(${node.text}+1)`);
      else if (ts.isStringLiteral(node) && !ts.isPropertyName(node)) replace("literal", node, JSON.stringify(node.text + "~"));
      else if (node.kind === K.TrueKeyword) replace("literal", node, "false");
      else if (node.kind === K.FalseKeyword) replace("literal", node, "true");
      else if (ts.isExpressionStatement(node) && !ts.isStringLiteral(node.expression) && !/^super\b/.test(node.getText(file))) replace("statement", node, ";");
      else if (ts.isReturnStatement(node) && node.expression) replace("return", node.expression, "undefined");
      ts.forEachChild(node, visit);
    }
    visit(root);
    return sites;
  }

  function walk(node, name) {
    if (ts.isFunctionLike(node) && node.body) {
      const own = node.name ? node.name.getText(file) : ts.isConstructorDeclaration(node) ? "constructor" : "";
      const body = node.body;
      let enter;
      if (ts.isBlock(body)) enter = place("", body.getStart(file) + 1, body.getStart(file) + 1, "%CODE%;");
      else enter = place("", body.getStart(file), body.end, `(%CODE%,${body.getText(file)})`);
      const sites = sitesOf(body);
      found.push({ name: [name, own].filter(Boolean).join(".") || "function", line: lineOf(node.getStart(file)), enter, sites });
      return;
    }
    let inner = name;
    if ((ts.isClassLike(node) || ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node) || ts.isPropertyDeclaration(node) || ts.isModuleDeclaration(node)) && node.name && ts.isIdentifier(node.name))
      inner = [name, node.name.text].filter(Boolean).join(".");
    ts.forEachChild(node, (child) => walk(child, inner));
  }
  walk(file, "");
  return found;
}

const answer = {};
for (const path of JSON.parse(readFileSync(0, "utf8"))) answer[path] = functionsOf(path);
process.stdout.write(JSON.stringify(answer));
