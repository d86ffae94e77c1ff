package migrations

import (
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/checkstest"
)

func TestFiles(t *testing.T) { checkstest.Files(t, "migrations", Check{}, "testdata/files") }

// TestRules: whatever is found is a rule of the definition, and says something.
func TestRules(t *testing.T) {
	rules := checks.Define("migrations").Rules
	if len(rules) != len(says) {
		t.Errorf("%d rules, %d messages", len(rules), len(says))
	}
	for _, r := range rules {
		if !strings.Contains(says[r.ID], "%s") {
			t.Errorf("rule %s says nothing of what it is about", r.ID)
		}
	}
}

func TestHostile(t *testing.T) {
	for name, text := range map[string]string{
		"a/migrations/1.py":  "from django.db import migrations.Migration\n" + strings.Repeat("RunSQL(", 100_000),
		"a/migrations/2.py":  "migrations.Migration " + strings.Repeat("'", 100_001),
		"db/migrate/1.rb":    "Migration\n" + strings.Repeat("a b ", 100_000),
		"db/migrate/2.rb":    "Migration\n" + strings.Repeat("x <<A, <<B\n", 20_000),
		"migrations/1.js":    "up knex " + strings.Repeat("f({", 100_000),
		"migrations/1.php":   "Migration " + strings.Repeat("(", 300_000),
		"migrations/1.sql":   strings.Repeat("DROP TABLE a;", 200_000),
		"migrations/2.sql":   strings.Repeat("(", 600_000),
		"db/changelog/1.xml": "<databaseChangeLog>" + strings.Repeat("<a>", 100_000),
		"db/changelog/2.xml": "<!DOCTYPE x [<!ENTITY a \"b\">]><databaseChangeLog>&a;",
	} {
		if !isMigration(change.Path(name)) {
			t.Errorf("%s is no migration", name)
		}
		if _, is, problem := read(change.Path(name), []byte(text)); is && problem == "" {
			t.Errorf("%s: read without a problem", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	for name, src := range map[string]string{
		"migrations/a.py": "migrations.Migration\nRemoveField(a='b', c=f\"d{e}\")\n\"\"\"x\"\"\"", "migrations/a.rb": "Migration\ndef up\n  execute <<~SQL, 1\nDROP TABLE a\nSQL\n  remove_column :a, :b if x\nend",
		"migrations/a.js": "knex up = () => { a.dropTable(`x${y}`) }", "migrations/a.php": "Migration function up() { $a->drop('b'); }", "migrations/a.xml": "<databaseChangeLog><sql>DROP TABLE a</sql>", "migrations/a.sql": "DROP TABLE a",
		"versions/b.py": "def upgrade():\n  op.execute(x)\ndef downgrade(): op.drop_table('a')",
	} {
		f.Add(name, []byte(src))
	}
	f.Fuzz(func(t *testing.T, name string, src []byte) {
		found, _, _ := read(change.Path(name), src)
		lines := strings.Count(string(src), "\n") + 1
		for _, o := range found {
			if o.line < 1 || o.end < o.line || o.end > lines {
				t.Fatalf("%+v of %d lines", o, lines)
			}
			if o.rule != "" && says[o.rule] == "" || o.rule == "" && o.unknown == "" {
				t.Fatalf("%+v says nothing", o)
			}
		}
	})
}
