package migrations

import (
	"strings"

	"custody/internal/control/checks/sqltext"
)

// An operation is what one step of a migration does to data that is there.
type operation struct {
	rule      string
	object    string
	line, end int
	unknown   string // why it is not known what it does; then rule is empty
}

// sql adds what SQL in the code does; what is not literal is not known.
func sql(c *call, a argument, ok bool, out []operation) []operation {
	if !ok {
		return out
	}
	if len(a.texts) == 0 {
		return append(out, operation{line: c.line, end: c.end, unknown: c.name + " runs SQL that does not stand there"})
	}
	for _, t := range a.texts {
		if t.Symbol {
			continue
		}
		found, _ := sqltext.Scan(t.Text, t.Line)
		for _, s := range found {
			out = append(out, operation{rule: s.Kind, object: s.Object, line: s.Line, end: max(s.Line, min(s.End, t.End))})
		}
		if t.Unsure && len(found) == 0 {
			if word := strings.ToUpper(strings.TrimSpace(t.Text)); strings.HasPrefix(word, "#{") || strings.HasPrefix(word, "${") || strings.HasPrefix(word, "{") {
				out = append(out, operation{line: c.line, end: c.end, unknown: c.name + " runs SQL that is put together when it runs"})
			}
		}
	}
	return out
}

// django finds operations in one of Django's migrations.
func django(cs []call) []operation {
	var out []operation
	add := func(c *call, rule, object string) {
		out = append(out, operation{rule: rule, object: object, line: c.line, end: c.end})
	}
	for i := range cs {
		c := &cs[i]
		if c.within("state_operations") || c.within("CreateModel") {
			continue // what Django believes changes, the database does not
		}
		switch c.name {
		case "DeleteModel":
			add(c, sqltext.DropTable, c.text(0, "name"))
		case "RemoveField":
			add(c, sqltext.DropColumn, c.text(0, "model_name")+"."+c.text(1, "name"))
		case "RenameModel":
			add(c, sqltext.Rename, c.text(0, "old_name"))
		case "RenameField":
			add(c, sqltext.Rename, c.text(0, "model_name")+"."+c.text(1, "old_name"))
		case "RunSQL":
			if c.within("RunSQL") {
				continue
			}
			a, ok := c.arg(0, "sql")
			out = sql(c, a, ok, out)
		}
	}
	return out
}

// alembic finds operations in upgrade().
func alembic(cs []call) []operation {
	var out []operation
	add := func(c *call, rule, object string) {
		out = append(out, operation{rule: rule, object: object, line: c.line, end: c.end})
	}
	for i := range cs {
		c := &cs[i]
		if c.function == "downgrade" || !strings.Contains(c.full, ".") {
			continue
		}
		batch := !strings.HasPrefix(c.full, "op.")
		at := 1
		if batch {
			at = 0 // batch_op knows its table
		}
		switch c.name {
		case "drop_table":
			add(c, sqltext.DropTable, c.text(0, "table_name"))
		case "drop_column":
			add(c, sqltext.DropColumn, column(c, at))
		case "rename_table":
			add(c, sqltext.Rename, c.text(0, "old_table_name"))
		case "alter_column":
			switch {
			case c.has("new_column_name"):
				add(c, sqltext.Rename, c.text(at, "column_name"))
			case c.has("type_"):
				add(c, sqltext.ChangeType, c.text(at, "column_name"))
			case c.is("nullable", "False") && !filled(cs[:i], c.text(at, "column_name")):
				add(c, sqltext.NotNull, c.text(at, "column_name"))
			}
		case "execute":
			if c.full != "op.execute" && !strings.HasSuffix(c.full, "conn.execute") && !strings.HasSuffix(c.full, "connection.execute") && !strings.HasSuffix(c.full, "bind.execute") {
				continue
			}
			a, ok := c.arg(0, "sqltext")
			out = sql(c, a, ok, out)
		}
	}
	return out
}

// rails finds operations in change and up.
func rails(cs []call) []operation {
	var out []operation
	made := map[string]bool{}
	add := func(c *call, rule, object string) {
		table, _, _ := strings.Cut(object, ".")
		if !made[table] {
			out = append(out, operation{rule: rule, object: object, line: c.line, end: c.end})
		}
	}
	for i := range cs {
		c := &cs[i]
		if c.function == "down" {
			continue
		}
		table := c.text(0, "")
		column := table + "." + c.text(1, "")
		switch c.name {
		case "create_table":
			made[table] = true
		case "drop_table", "drop_join_table":
			add(c, sqltext.DropTable, table)
		case "remove_column", "remove_columns", "remove_reference", "remove_belongs_to":
			add(c, sqltext.DropColumn, column)
		case "remove_timestamps":
			add(c, sqltext.DropColumn, table+".created_at")
		case "rename_table":
			add(c, sqltext.Rename, table)
		case "rename_column":
			add(c, sqltext.Rename, column)
		case "change_column":
			add(c, sqltext.ChangeType, column)
		case "change_column_null":
			if c.text(2, "") == "false" && len(c.args) < 4 && !filled(cs[:i], c.text(1, "")) {
				add(c, sqltext.NotNull, column)
			}
		case "add_column":
			if c.is("null", "false") && !c.has("default") {
				add(c, sqltext.NotNull, column)
			}
		case "remove":
			if c.full == "t.remove" {
				add(c, sqltext.DropColumn, table)
			}
		case "rename":
			if c.full == "t.rename" {
				add(c, sqltext.Rename, table)
			}
		case "execute", "exec_query":
			a, ok := c.arg(0, "")
			out = sql(c, a, ok, out)
		case "delete_all", "destroy_all", "truncate":
			if len(c.args) == 0 && strings.Count(c.full, ".") == 1 && c.full[0] >= 'A' && c.full[0] <= 'Z' {
				add(c, sqltext.DeleteAll, c.full[:strings.Index(c.full, ".")])
			}
		}
	}
	return out
}

// scripts finds operations in up() of Knex, Sequelize and TypeORM.
func scripts(cs []call) []operation {
	var out []operation
	add := func(c *call, rule, object string) {
		out = append(out, operation{rule: rule, object: object, line: c.line, end: c.end})
	}
	for i := range cs {
		c := &cs[i]
		if c.function == "down" {
			continue
		}
		switch c.name {
		case "dropTable", "dropTableIfExists":
			add(c, sqltext.DropTable, c.text(0, ""))
		case "dropSchema", "dropDatabase":
			add(c, sqltext.DropDatabase, c.text(0, ""))
		case "dropColumn", "dropColumns", "removeColumn":
			object := c.text(0, "")
			if len(c.args) > 1 && c.name != "dropColumns" {
				object += "." + c.text(1, "")
			}
			add(c, sqltext.DropColumn, object)
		case "renameTable", "renameColumn":
			add(c, sqltext.Rename, c.text(0, ""))
		case "changeColumn":
			add(c, sqltext.ChangeType, c.text(0, "")+"."+c.text(1, ""))
		case "query", "raw":
			if a, ok := c.arg(0, ""); ok && len(a.texts) > 0 {
				out = sql(c, a, ok, out)
			}
		}
	}
	return out
}

// laravel finds operations in up() of Laravel.
func laravel(cs []call) []operation {
	var out []operation
	for i := range cs {
		c := &cs[i]
		if c.function == "down" {
			continue
		}
		rule := ""
		switch c.name {
		case "drop", "dropIfExists":
			rule = sqltext.DropTable
		case "dropColumn", "dropColumns":
			rule = sqltext.DropColumn
		case "renameColumn", "rename":
			rule = sqltext.Rename
		case "truncate":
			rule = sqltext.Truncate
		case "statement", "unprepared":
			a, ok := c.arg(0, "")
			out = sql(c, a, ok, out)
		}
		if rule != "" && (len(c.args) > 0 || rule == sqltext.Truncate) {
			out = append(out, operation{rule: rule, object: c.text(0, ""), line: c.line, end: c.end})
		}
	}
	return out
}

// column is what Alembic's call is about; at is where its name stands, behind the table.
func column(c *call, at int) string {
	name := c.text(at, "column_name")
	if at > 0 {
		name = c.text(0, "table_name") + "." + name
	}
	return name
}

// filled says whether a call in front gives a column values, as far as can be seen: it
// runs an UPDATE that names it, or is one of the ways to update rows that does.
func filled(before []call, column string) bool {
	before = before[max(0, len(before)-200):]
	for i := range before {
		c := &before[i]
		if c.function == "down" || c.function == "downgrade" {
			continue
		}
		if strings.HasPrefix(c.name, "update") && (c.has(column) || c.text(0, "") == column) {
			return true
		}
		for _, a := range c.args {
			for _, t := range a.texts {
				if strings.Contains(strings.ToUpper(t.Text), "UPDATE") && strings.Contains(t.Text, column) {
					return true
				}
			}
		}
	}
	return false
}
