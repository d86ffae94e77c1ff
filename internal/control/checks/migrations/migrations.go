// Package migrations finds steps of database migrations that destroy data, or that code
// which still runs can not live with.
//
// SQL is split as databases split it, code of frameworks into calls and strings; a word
// in a comment or a string is nothing, and neither is what takes a migration back. Nothing
// is run, and no database is asked.
package migrations

import (
	"context"
	"fmt"
	"path"
	"strings"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/codetext"
	"custody/internal/control/checks/sqltext"
)

// Check is the built-in check migrations.
type Check struct{}

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	wanted := func(f *change.File) bool { return isMigration(f.Path) }
	return in.Read(ctx, out, wanted, func(t checks.Text) error {
		if old := t.File.OldPath; old != "" && (!isMigration(old) || runsAnew(&t)) {
			t.AllNew()
		}
		operations, is, problem := read(t.File.Path, t.Bytes)
		if !is {
			return nil
		}
		out.Looked()
		if len(t.Added) == 0 {
			return nil
		}
		if problem != "" {
			out.Unread(t.File.Path, "%s", problem)
		}
		said := map[string]bool{}
		for _, o := range operations {
			if !touched(t.Added, o.line, o.end) {
				continue
			}
			if o.rule == "" {
				out.Unread(t.File.Path, "line %d: %s", o.line, o.unknown)
				continue
			}
			message := fmt.Sprintf(says[o.rule], clip(o.object))
			if key := fmt.Sprint(o.line, message); !said[key] {
				said[key] = true
				out.Find(checks.Found{Rule: o.rule, Path: t.File.Path, Start: o.line, End: o.end, Message: message})
			}
		}
		return nil
	})
}

var says = map[string]string{
	sqltext.DropTable:    "drops table %s with everything in it",
	sqltext.DropDatabase: "drops database or schema %s with everything in it",
	sqltext.DropColumn:   "drops column %s with everything in it",
	sqltext.Truncate:     "empties table %s",
	sqltext.DeleteAll:    "deletes every row of %s",
	sqltext.UpdateAll:    "changes every row of %s",
	sqltext.NotNull:      "column %s must not be null, and rows that are there may have no value for it",
	sqltext.ChangeType:   "changes the type of %s, which can lose what does not fit",
	sqltext.Rename:       "renames %s, and code that still runs asks for the old name",
}

func clip(s string) string {
	s = strings.Trim(s, ".")
	if s == "" {
		return "(its name is not in the file)"
	}
	return checks.Clip(s)
}

// touched says whether one of the lines from first to last was added.
func touched(added []checks.Block, first, last int) bool {
	for _, b := range added {
		end := b.Start + strings.Count(strings.TrimSuffix(string(b.Text), "\n"), "\n")
		if b.Start <= last && end >= first {
			return true
		}
	}
	return false
}

// folders in which migrations stand, whatever tool runs them.
var folders = []string{"migrations", "migration", "migrate", "migrations_lockfile", "delta", "changelog", "changelogs", "liquibase", "flyway", "versions", "schema_migrations", "db-migrations", "post_migrate"}

// isMigration says whether a file may be a migration, by its path.
func isMigration(p change.Path) bool {
	name := path.Base(string(p))
	ext := path.Ext(name)
	switch ext {
	case ".sql", ".py", ".rb", ".js", ".ts", ".mjs", ".cjs", ".php", ".xml":
	default:
		return false
	}
	low := strings.ToLower(string(p))
	if isDown(low) || strings.Contains(low, "node_modules/") || strings.Contains("/"+low, "/vendor/") {
		return false
	}
	for _, test := range []string{"test", "tests", "testdata", "fixtures", "spec", "__tests__"} {
		if strings.HasPrefix(low, test+"/") || strings.Contains(low, "/"+test+"/") {
			return false
		}
	}
	if ext == ".sql" && len(name) > 2 && name[0] == 'V' && name[1] >= '0' && name[1] <= '9' && strings.Contains(name, "__") {
		return true
	}
	parts := strings.Split(path.Dir(low), "/")
	for _, folder := range parts {
		for _, f := range folders {
			if folder == f {
				return ext != ".py" || name != "__init__.py"
			}
		}
	}
	return strings.HasSuffix(low, ".up.sql")
}

func isDjango(text string) bool {
	return strings.Contains(text, "migrations.Migration") || strings.Contains(text, "django.db")
}

func isAlembic(text string) bool { return !isDjango(text) && strings.Contains(text, "def upgrade") }

// read finds the operations of a file; is says whether it is a migration, problem why
// not all of it was read.
func read(p change.Path, src []byte) (found []operation, is bool, problem string) {
	text := string(src)
	code := func(lang codetext.Language, framework func([]call) []operation) ([]operation, bool, string) {
		ts, cut := codetext.Tokens(text, lang)
		if cut {
			problem = "code that is not understood to its end"
		}
		return framework(calls(ts, lang)), true, problem
	}
	switch path.Ext(string(p)) {
	case ".sql":
		statements, cut := sqltext.Scan(text, 1)
		if cut {
			problem = "SQL that is not understood to its end"
		}
		for _, s := range statements {
			found = append(found, operation{rule: s.Kind, object: s.Object, line: s.Line, end: s.End})
		}
		return found, true, problem
	case ".py":
		switch {
		case isDjango(text):
			return code(codetext.Python, django)
		case isAlembic(text):
			return code(codetext.Python, alembic)
		}
	case ".rb":
		if strings.Contains(text, "Migration") {
			return code(codetext.Ruby, rails)
		}
	case ".js", ".ts", ".mjs", ".cjs":
		if strings.Contains(text, "up") && (strings.Contains(text, "queryInterface") || strings.Contains(text, "knex") || strings.Contains(text, "queryRunner") || strings.Contains(text, "schema.")) {
			return code(codetext.Script, scripts)
		}
	case ".php":
		if strings.Contains(text, "Migration") {
			return code(codetext.PHP, laravel)
		}
	case ".xml":
		found, is, err := liquibase(src)
		if err != nil && (is || strings.Contains(text, "databaseChangeLog")) {
			return found, true, "XML that is not understood to its end"
		}
		return found, is, ""
	}
	return nil, false, ""
}
