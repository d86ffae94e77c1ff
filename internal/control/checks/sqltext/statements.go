package sqltext

import "strings"

// Kinds of what a statement does to data that is there.
const (
	DropTable    = "drop-table"    // a table, or a view that stores rows
	DropDatabase = "drop-database" // a database or schema
	DropColumn   = "drop-column"
	Truncate     = "truncate"
	DeleteAll    = "delete-all" // DELETE without WHERE
	UpdateAll    = "update-all" // UPDATE without WHERE
	NotNull      = "not-null"   // a column that must not be null, without a default for rows that are there
	ChangeType   = "change-type"
	Rename       = "rename" // of a table or column, under which running code knows it
)

// A Statement that does something to data.
type Statement struct {
	Kind      string
	Object    string // the table, or table.column
	Line, End int    // in the file
}

// Scan finds them in a script whose first line is the given one of the file. What stands
// in a part of a migration that takes it back is none, nor is what the same script made
// before: a temporary table, or a table that is copied, dropped and replaced.
//
// Cut says that the text was not read to its end.
func Scan(src string, firstLine int) (found []Statement, cut bool) {
	return scan(src, firstLine, 0)
}

func scan(src string, firstLine, depth int) (found []Statement, cut bool) {
	tokens, cut := lex(src, firstLine)
	made, renamed, filled := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var all []Statement
	for len(tokens) > 0 {
		n := statementEnd(tokens)
		one := tokens[:n]
		tokens = tokens[min(n+1, len(tokens)):]
		if len(one) == 0 || one[0].down {
			continue
		}
		s := parser{tokens: one}
		for _, f := range s.statement(made, renamed) {
			table, _, _ := strings.Cut(strings.ToLower(f.Object), ".")
			if !made[table] && !(f.Kind == NotNull && filled[strings.ToLower(f.Object)]) {
				all = append(all, f)
			}
		}
		s.fills(filled)
		if depth < 4 && s.is(0, "DO") || depth < 4 && s.is(0, "EXECUTE") {
			for _, t := range one {
				if t.kind == body || t.kind == str && s.is(0, "EXECUTE") {
					inner, more := scan(t.text, t.line, depth+1)
					all, cut = append(all, inner...), cut || more
				}
			}
		}
	}
	for _, s := range all {
		if s.Kind != DropTable || !renamed[strings.ToLower(s.Object)] {
			found = append(found, s)
		}
	}
	return found, cut
}

// fills notes which columns an UPDATE sets.
func (p *parser) fills(filled map[string]bool) {
	if !p.is(0, "UPDATE") {
		return
	}
	table, i := p.name(p.ifExists(1))
	for ; i+1 < len(p.tokens); i++ {
		if p.tokens[i].kind == ident && p.tokens[i+1].text == "=" {
			filled[strings.ToLower(table+"."+p.tokens[i].raw)] = true
		}
	}
}

// statementEnd is where the first statement ends: at a delimiter, or where the body of
// a routine does.
func statementEnd(tokens []token) int {
	routine, depth := false, 0
	for i, t := range tokens {
		switch {
		case t.kind == end && depth == 0:
			return i
		case t.kind != ident || t.quoted:
		case i < 12 && tokens[0].text == "CREATE" && (t.text == "FUNCTION" || t.text == "PROCEDURE" || t.text == "TRIGGER" || t.text == "PACKAGE" || t.text == "EVENT"):
			routine = true
		case !routine:
		case t.text == "BEGIN":
			depth++
		case t.text == "CASE" && depth > 0 && (i == 0 || tokens[i-1].text != "END"):
			depth++
		case t.text == "END" && depth > 0:
			if i+1 < len(tokens) && tokens[i+1].kind == ident && (tokens[i+1].text == "IF" || tokens[i+1].text == "LOOP" || tokens[i+1].text == "WHILE" || tokens[i+1].text == "REPEAT" || tokens[i+1].text == "FOR") {
				continue
			}
			depth--
		}
	}
	return len(tokens)
}

type parser struct {
	tokens []token
}

func (p *parser) is(i int, words ...string) bool {
	for k, w := range words {
		if i+k >= len(p.tokens) || p.tokens[i+k].kind == str || p.tokens[i+k].kind == body || p.tokens[i+k].quoted || p.tokens[i+k].text != w {
			return false
		}
	}
	return true
}

func (p *parser) has(from int, w string) bool {
	for i := from; i < len(p.tokens); i++ {
		if p.is(i, w) {
			return true
		}
	}
	return false
}

// name reads schema.table from i; next is behind it.
func (p *parser) name(i int) (name string, next int) {
	for i < len(p.tokens) {
		t := p.tokens[i]
		if t.kind != ident && t.kind != str {
			break
		}
		name, i = t.raw, i+1
		if i < len(p.tokens) && p.tokens[i].kind == mark && p.tokens[i].text == "." {
			if strings.EqualFold(name, "pg_temp") {
				return "", i
			}
			i++
			continue
		}
		break
	}
	return name, i
}

func (p *parser) does(k, object string) Statement {
	return Statement{Kind: k, Object: object, Line: p.tokens[0].line, End: p.tokens[len(p.tokens)-1].line}
}

// ifExists steps over IF EXISTS, IF NOT EXISTS, ONLY and CONCURRENTLY.
func (p *parser) ifExists(i int) int {
	for {
		switch {
		case p.is(i, "IF", "NOT", "EXISTS"):
			i += 3
		case p.is(i, "IF", "EXISTS"):
			i += 2
		case p.is(i, "ONLY"), p.is(i, "CONCURRENTLY"), p.is(i, "LOW_PRIORITY"), p.is(i, "IGNORE"):
			i++
		default:
			return i
		}
	}
}

func (p *parser) statement(made, renamed map[string]bool) []Statement {
	// A label of a tool, EXPLAIN and the like stand in front of few statements; a
	// common table expression stands in front of DELETE and UPDATE.
	i := 0
	if p.is(0, "WITH") {
		depth := 0
		for ; i < len(p.tokens); i++ {
			if p.tokens[i].kind == mark {
				switch p.tokens[i].text {
				case "(":
					depth++
				case ")":
					depth--
				}
			}
			if depth == 0 && (p.is(i, "DELETE") || p.is(i, "UPDATE") || p.is(i, "SELECT") || p.is(i, "INSERT")) {
				break
			}
		}
	}
	switch {
	case p.is(i, "CREATE"):
		for k := i + 1; k < len(p.tokens) && k < i+8; k++ {
			if p.is(k, "TABLE") {
				name, _ := p.name(p.ifExists(k + 1))
				if !p.is(k+1, "IF") {
					made[strings.ToLower(name)] = true
				}
				if p.is(k-1, "TEMP") || p.is(k-1, "TEMPORARY") {
					made[strings.ToLower(name)] = true
				}
				break
			}
		}
	case p.is(i, "DROP"):
		return p.drop(i + 1)
	case p.is(i, "TRUNCATE"):
		k := i + 1
		if p.is(k, "TABLE") {
			k++
		}
		if k < len(p.tokens) && p.tokens[k].kind == mark {
			return nil // the function
		}
		name, _ := p.name(p.ifExists(k))
		return one(p.does(Truncate, name))
	case p.is(i, "DELETE"):
		if !p.is(i+1, "FROM") && !p.has(i, "FROM") {
			return nil
		}
		k := i + 1
		if p.is(k, "FROM") {
			k++
		}
		name, _ := p.name(p.ifExists(k))
		if !p.has(i, "WHERE") && !p.has(i, "USING") && !p.has(i, "JOIN") && !p.has(i, "LIMIT") {
			return one(p.does(DeleteAll, name))
		}
	case p.is(i, "UPDATE"):
		name, _ := p.name(p.ifExists(i + 1))
		if p.has(i, "SET") && !p.has(i, "WHERE") && !p.has(i, "JOIN") && !p.has(i, "FROM") && !p.has(i, "LIMIT") {
			return one(p.does(UpdateAll, name))
		}
	case p.is(i, "ALTER", "TABLE"):
		return p.alter(i+2, renamed)
	case p.is(i, "RENAME", "TABLE"):
		from, k := p.name(i + 2)
		if p.is(k, "TO") {
			to, _ := p.name(k + 1)
			renamed[strings.ToLower(to)] = true
			return one(p.does(Rename, from))
		}
	case p.is(i, "EXEC") || p.is(i, "EXECUTE"):
		if p.has(i, "SP_RENAME") && len(p.tokens) > i+2 {
			return one(p.does(Rename, p.tokens[i+2].raw))
		}
	}
	return nil
}

func one(s Statement) []Statement { return []Statement{s} }

func (p *parser) drop(i int) []Statement {
	k := DropTable
	switch {
	case p.is(i, "TABLE"), p.is(i, "FOREIGN", "TABLE"):
	case p.is(i, "MATERIALIZED", "VIEW"):
		return nil // made from what is still there
	case p.is(i, "TEMPORARY", "TABLE"), p.is(i, "TEMP", "TABLE"):
		return nil
	case p.is(i, "DATABASE"), p.is(i, "SCHEMA"), p.is(i, "KEYSPACE"), p.is(i, "TABLESPACE"):
		k = DropDatabase
	default:
		return nil
	}
	if p.is(i, "FOREIGN") {
		i++
	}
	var all []Statement
	for i = p.ifExists(i + 1); i < len(p.tokens); {
		name, next := p.name(i)
		if next == i || name == "" {
			break
		}
		all = append(all, p.does(k, name))
		if next >= len(p.tokens) || p.tokens[next].text != "," {
			break
		}
		i = next + 1
	}
	return all
}

// alter reads the actions of ALTER TABLE, which commas part at the outermost level.
func (p *parser) alter(i int, renamed map[string]bool) []Statement {
	table, i := p.name(p.ifExists(i))
	var all []Statement
	depth, start := 0, true
	for ; i < len(p.tokens); i++ {
		t := p.tokens[i]
		if t.kind == mark {
			switch t.text {
			case "(":
				depth++
			case ")":
				depth--
			case ",":
				start = depth == 0 || start
			}
			continue
		}
		if !start || depth > 0 {
			continue
		}
		start = false
		all = append(all, p.action(i, table, renamed)...)
	}
	return all
}

func (p *parser) action(i int, table string, renamed map[string]bool) []Statement {
	column := func(k int) string {
		name, _ := p.name(p.ifExists(k))
		return table + "." + name
	}
	switch {
	case p.is(i, "DROP"):
		i++
		switch {
		case p.is(i, "COLUMN"):
			return one(p.does(DropColumn, column(i+1)))
		case p.is(i, "PARTITION"):
			return one(p.does(DropTable, table+" partition"))
		case p.is(i, "CONSTRAINT"), p.is(i, "INDEX"), p.is(i, "KEY"), p.is(i, "PRIMARY"), p.is(i, "FOREIGN"), p.is(i, "CHECK"), p.is(i, "DEFAULT"), p.is(i, "NOT"), p.is(i, "EXPRESSION"), p.is(i, "IDENTITY"), p.is(i, "SYSTEM"), p.is(i, "PERIOD"), p.is(i, "("):
		case i < len(p.tokens) && p.tokens[i].kind == ident:
			return one(p.does(DropColumn, column(i)))
		}
	case p.is(i, "TRUNCATE"):
		return one(p.does(Truncate, table+" partition"))
	case p.is(i, "ADD"):
		i++
		if p.is(i, "COLUMN") {
			i++
		}
		i = p.ifExists(i)
		for _, w := range []string{"CONSTRAINT", "INDEX", "KEY", "PRIMARY", "FOREIGN", "UNIQUE", "CHECK", "FULLTEXT", "SPATIAL", "PARTITION", "("} {
			if p.is(i, w) {
				return nil
			}
		}
		if p.notNullNoDefault(i) {
			return one(p.does(NotNull, column(i)))
		}
	case p.is(i, "ALTER"), p.is(i, "MODIFY"), p.is(i, "CHANGE"):
		changes := !p.is(i, "ALTER")
		if p.is(i, "CHANGE") { // old name, new name, type
			k := i + 1
			if p.is(k, "COLUMN") {
				k++
			}
			old, next := p.name(k)
			renamedTo, _ := p.name(next)
			if !strings.EqualFold(old, renamedTo) {
				return one(p.does(Rename, table+"."+old))
			}
		}
		i++
		if p.is(i, "COLUMN") {
			i++
		}
		name, next := p.name(p.ifExists(i))
		switch {
		case p.is(next, "SET", "NOT", "NULL"):
			return one(p.does(NotNull, table+"."+name))
		case p.is(next, "TYPE"), p.is(next, "SET", "DATA", "TYPE"), changes:
			return one(p.does(ChangeType, table+"."+name))
		}
	case p.is(i, "RENAME"):
		i++
		switch {
		case p.is(i, "TO"), p.is(i, "AS"):
			to, _ := p.name(i + 1)
			renamed[strings.ToLower(to)] = true
			return one(p.does(Rename, table))
		case p.is(i, "CONSTRAINT"), p.is(i, "INDEX"), p.is(i, "KEY"):
			return nil
		case p.is(i, "COLUMN"):
			return one(p.does(Rename, column(i+1)))
		case i < len(p.tokens):
			return one(p.does(Rename, column(i)))
		}
	}
	return nil
}

// notNullNoDefault looks at a column definition that begins at i.
func (p *parser) notNullNoDefault(i int) bool {
	depth, notNull := 0, false
	for ; i < len(p.tokens); i++ {
		t := p.tokens[i]
		if t.kind == mark {
			switch t.text {
			case "(":
				depth++
			case ")":
				depth--
			case ",":
				if depth == 0 {
					return notNull
				}
			}
		}
		if depth > 0 {
			continue
		}
		switch {
		case p.is(i, "NOT", "NULL"):
			notNull = true
		case p.is(i, "DEFAULT"), p.is(i, "GENERATED"), p.is(i, "AS"), p.is(i, "IDENTITY"), p.is(i, "SERIAL"), p.is(i, "BIGSERIAL"), p.is(i, "AUTO_INCREMENT"):
			return false
		}
	}
	return notNull
}
