// What TypeScript's own parser says that files define: one JSON object a line for each
// path read from standard input. Run: node definitions.cjs FOLDER-OF-NODE_MODULES.
const fs = require('fs')
const path = require('path')
const ts = require(require.resolve('typescript', { paths: [path.resolve(process.argv[2] || '.')] }))

const kinds = { js: ts.ScriptKind.JSX, jsx: ts.ScriptKind.JSX, mjs: ts.ScriptKind.JSX, cjs: ts.ScriptKind.JSX, tsx: ts.ScriptKind.TSX }
const K = ts.SyntaxKind

function definitions(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kinds[file.split('.').pop()] || ts.ScriptKind.TS)
  if (source.parseDiagnostics.length > 0) return null
  const out = []
  const line = (at) => source.getLineAndCharacterOfPosition(at).line + 1
  const has = (node, kind) => (node.modifiers || []).some((m) => m.kind === kind)
  // Where a node starts behind its decorators.
  const start = (node) => {
    const decorators = (node.modifiers || []).filter((m) => m.kind === K.Decorator)
    const others = (node.modifiers || []).filter((m) => m.kind !== K.Decorator)
    if (decorators.length === 0) return node.getStart(source)
    if (others.length > 0 && others[0].pos < decorators[0].pos) return others[0].getStart(source)
    return others.length > 0 ? others[0].getStart(source) : ts.skipTrivia(text, decorators[decorators.length - 1].end)
  }
  const end = (node) => line(node.getEnd())
  const add = (name, kind, exported, node, from = start(node)) => out.push([name, kind, exported, line(from), end(node)])
  const isModule = ts.isExternalModule(source)
  const named = (name) => {
    if (!name) return ''
    if (ts.isComputedPropertyName(name)) return ('[' + text.slice(name.getStart(source) + 1, name.getEnd() - 1).trim() + ']').slice(0, 80)
    return name.text ?? name.getText(source)
  }
  const isFunction = (node) => node && (ts.isArrowFunction(node) || ts.isFunctionExpression(node))
  const bindings = (name, each) => {
    if (ts.isIdentifier(name)) each(name.text)
    else for (const e of name.elements) if (ts.isBindingElement(e)) bindings(e.name, each)
  }
  // What "export { a }" and module.exports = { a } name.
  const listed = new Set()
  const imported = new Set()
  const later = []
  const top = (statements, prefix, scope) => {
    for (const node of statements) statement(node, prefix, scope)
  }
  const statement = (node, prefix, scope) => {
    const visible = has(node, K.ExportKeyword) || scope.ambient || (!isModule && scope.depth === 0 && has(node, K.DeclareKeyword))
    const exported = visible && !scope.hidden
    const fallback = has(node, K.DefaultKeyword)
    const name = fallback ? 'default' : node.name && !ts.isVariableStatement(node) ? prefix + named(node.name) : ''
    if (ts.isFunctionDeclaration(node)) add(name, 'function', exported, node)
    else if (ts.isClassDeclaration(node)) members(node, name, exported)
    else if (ts.isInterfaceDeclaration(node)) add(name, 'interface', exported, node)
    else if (ts.isTypeAliasDeclaration(node)) add(name, 'type', exported, node)
    else if (ts.isEnumDeclaration(node)) add(name, 'enum', exported, node)
    else if (ts.isModuleDeclaration(node)) {
      let full = named(node.name)
      let body = node.body
      while (body && ts.isModuleDeclaration(body)) {
        full += '.' + named(body.name)
        body = body.body
      }
      add(prefix + full, 'namespace', exported, node)
      const foreign = ts.isStringLiteral(node.name) || (node.flags & ts.NodeFlags.GlobalAugmentation) !== 0
      if (body && scope.depth < 8) {
        top(body.statements, foreign ? prefix : prefix + full + '.', {
          depth: scope.depth + 1,
          ambient: foreign || scope.ambient || has(node, K.DeclareKeyword),
          hidden: foreign ? false : !exported && isModule,
        })
      }
    } else if (ts.isVariableStatement(node)) {
      const constant = (node.declarationList.flags & ts.NodeFlags.BlockScoped) !== 0 && (node.declarationList.flags & ts.NodeFlags.Let) === 0
      for (const d of node.declarationList.declarations) {
        const kind = ts.isIdentifier(d.name) && isFunction(d.initializer) ? 'function' : constant ? 'constant' : 'variable'
        bindings(d.name, (n) => out.push([prefix + n, kind, exported, line(d.getStart(source)), end(d)]))
      }
    } else if (ts.isExportAssignment(node)) {
      if (ts.isIdentifier(node.expression)) later.push([node.expression.text, 'default', node])
      else add('default', isFunction(node.expression) ? 'function' : 'variable', true, node)
    } else if (ts.isExportDeclaration(node) && !node.moduleSpecifier && node.exportClause) {
      for (const e of node.exportClause.elements) later.push([(e.propertyName || e.name).text, e.name.text, e])
    } else if (ts.isImportDeclaration(node) && node.importClause) {
      const c = node.importClause
      if (c.name) imported.add(c.name.text)
      if (c.namedBindings && ts.isNamespaceImport(c.namedBindings)) imported.add(c.namedBindings.name.text)
      else if (c.namedBindings) for (const e of c.namedBindings.elements) imported.add(e.name.text)
    } else if (ts.isIfStatement(node) && scope.depth === 0) {
      for (const branch of [node.thenStatement, node.elseStatement]) {
        if (branch && (ts.isExpressionStatement(branch) || ts.isIfStatement(branch))) statement(branch, prefix, scope)
      }
    } else if (ts.isExpressionStatement(node) && scope.depth === 0) commonJS(node)
    else if (ts.isImportEqualsDeclaration(node)) add(prefix + named(node.name), 'constant', exported, node)
  }
  // exports.a = b, module.exports.a = b, module.exports = { a, b: c }, and rows of them.
  const commonJS = (node) => {
    for (let e = node.expression; ts.isBinaryExpression(e) && e.operatorToken.kind === K.EqualsToken; e = e.right) {
      const left = e.left.getText(source).replace(/\s/g, '')
      const found = /^(?:module\.)?exports(?:\.([\w$]+))?$/.exec(left)
      if (!found) return
      const name = found[1] || 'default'
      if (ts.isIdentifier(e.right) && e.right.text === name) later.push([name, name, e])
      else out.push([name, isFunction(e.right) ? 'function' : 'variable', true, line(e.getStart(source)), end(e)])
      if (!found[1] && ts.isObjectLiteralExpression(e.right)) {
        for (const p of e.right.properties) {
          if (ts.isShorthandPropertyAssignment(p) && !p.objectAssignmentInitializer) later.push([p.name.text, p.name.text, p])
          else if (ts.isPropertyAssignment(p) && ts.isIdentifier(p.name) && ts.isIdentifier(p.initializer)) later.push([p.initializer.text, p.name.text, p])
        }
      }
    }
  }
  const members = (node, name, exported) => {
    add(name, 'class', exported, node)
    for (const m of node.members) {
      if (ts.isSemicolonClassElement(m) || ts.isClassStaticBlockDeclaration(m) || ts.isIndexSignatureDeclaration(m)) continue
      const hidden = has(m, K.PrivateKeyword) || (m.name && ts.isPrivateIdentifier(m.name))
      const full = name + '.' + (ts.isConstructorDeclaration(m) ? 'constructor' : named(m.name))
      const kind = ts.isPropertyDeclaration(m) && !isFunction(m.initializer) ? 'variable' : 'method'
      out.push([full, kind, exported && !hidden, line(start(m)), end(m), hidden])
    }
  }
  top(source.statements, '', { depth: 0, ambient: false, hidden: false })
  for (const [local, as, node] of later) {
    if (imported.has(local)) continue
    if (local !== as || !out.some((d) => d[0] === local)) add(as, 'variable', true, node)
    else {
      for (const d of out) {
        if (d[0] === local) d[2] = true
        else if (d[0].startsWith(local + '.') && !d[5]) d[2] = true
      }
    }
  }
  return out.map((d) => d.slice(0, 5))
}

for (const file of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const found = definitions(file, fs.readFileSync(file, 'utf8'))
  process.stdout.write(JSON.stringify(found ? { path: file, definitions: found } : { path: file, refused: true }) + '\n')
}
