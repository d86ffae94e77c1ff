package sqltext

import (
	"fmt"
	"strings"
	"testing"
)

func show(found []Statement) string {
	var all []string
	for _, s := range found {
		all = append(all, fmt.Sprintf("%d %s %s", s.Line, s.Kind, s.Object))
	}
	return strings.Join(all, ", ")
}

func TestScan(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"DROP TABLE users;", "1 drop-table users"},
		{"drop\n table if exists public.\"Users\" cascade;", "1 drop-table Users"},
		{"DROP TABLE a, b;", "1 drop-table a, 1 drop-table b"},
		{"drop table `a`", "1 drop-table a"},
		{"DROP TABLE [dbo].[Users]\nGO\nSELECT 1\nGO", "1 drop-table Users"},
		{"DROP DATABASE x; DROP SCHEMA IF EXISTS y;", "1 drop-database x, 1 drop-database y"},
		{"-- DROP TABLE x;\n/* DROP TABLE /* y */ z; */ SELECT 'DROP TABLE x; ''; DROP TABLE y';", ""},
		{"SELECT E'it\\'s; DROP TABLE x;';", ""},
		{"SELECT '\\'; DROP TABLE x;", "1 drop-table x"},
		{"INSERT INTO `t` VALUES ('it\\'s; DROP TABLE x;');", ""},
		{"CREATE FUNCTION f() RETURNS void AS $$ BEGIN DELETE FROM x; END $$ LANGUAGE plpgsql;", ""},
		{"CREATE FUNCTION f() AS $body$ DROP TABLE x; $body$; DROP TABLE y;", "1 drop-table y"},
		{"DO $$\nBEGIN\n EXECUTE 'x';\n DROP TABLE y;\nEND $$;", "4 drop-table y"},
		{"CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT CASE WHEN 1 THEN 2 END; UPDATE c SET d = 1; END; DROP TABLE e;", "1 drop-table e"},
		{"DELIMITER //\nCREATE PROCEDURE p() BEGIN DELETE FROM x; END//\nDELIMITER ;\nDELETE FROM y;", "4 delete-all y"},
		{"DELETE FROM users", "1 delete-all users"},
		{"DELETE FROM users WHERE id = 1; DELETE FROM a USING b; DELETE a FROM a JOIN b", ""},
		{"WITH x AS (SELECT 1 WHERE true) DELETE FROM y", "1 delete-all y"},
		{"UPDATE t SET a = 1; UPDATE t SET a = 1 WHERE b; UPDATE t SET a = b.c FROM b", "1 update-all t"},
		{"TRUNCATE users; truncate table only x; SELECT TRUNCATE(1.5, 1)", "1 truncate users, 1 truncate x"},
		{"ALTER TABLE t DROP COLUMN a, DROP COLUMN IF EXISTS b, DROP CONSTRAINT c, DROP d;", "1 drop-column t.a, 1 drop-column t.b, 1 drop-column t.d"},
		{"ALTER TABLE t ADD COLUMN a int NOT NULL, ADD b int NOT NULL DEFAULT 0, ADD c int;", "1 not-null t.a"},
		{"ALTER TABLE t ADD CONSTRAINT x CHECK (a IS NOT NULL), ADD INDEX y (z)", ""},
		{"ALTER TABLE t ADD a numeric(10, 2) NOT NULL", "1 not-null t.a"},
		{"ALTER TABLE ONLY t ALTER COLUMN a SET NOT NULL, ALTER b TYPE int, ALTER c DROP NOT NULL, ALTER d SET DEFAULT 1", "1 not-null t.a, 1 change-type t.b"},
		{"ALTER TABLE t MODIFY COLUMN a int, CHANGE b c int", "1 change-type t.a, 1 rename t.b"},
		{"ALTER TABLE t RENAME TO u; ALTER TABLE t RENAME COLUMN a TO b; ALTER TABLE t RENAME CONSTRAINT x TO y", "1 rename t, 1 rename t.a"},
		{"CREATE TABLE new (a int NOT NULL); INSERT INTO new SELECT a FROM old; DROP TABLE old; ALTER TABLE new RENAME TO old;", ""},
		{"CREATE TEMP TABLE x (a int); DROP TABLE x; DELETE FROM x;", ""},
		{"DROP TABLE x; CREATE TABLE x (a int);", "1 drop-table x"},
		{"CREATE TABLE IF NOT EXISTS x (a int); DELETE FROM x;", "1 delete-all x"},
		{"-- +goose Up\nALTER TABLE t ADD a int;\n-- +goose Down\nDROP TABLE t;\n", ""},
		{"-- migrate:down\nDROP TABLE t;\n-- migrate:up\nDROP TABLE u;\n", "4 drop-table u"},
		{"COPY t (a) FROM stdin;\n1\tDROP TABLE x;\n'\n\\.\nDROP TABLE y;", "5 drop-table y"},
		{"\\c db\n\\i x'y\nDROP TABLE a;", "3 drop-table a"},
		{"/*!40000 DROP TABLE x */;", "1 drop-table x"},
		{"DROP INDEX a; DROP VIEW b; DROP FUNCTION c; DROP TEMPORARY TABLE d; DROP TRIGGER e ON t;", ""},
		{"ALTER TABLE t ADD a int; UPDATE t SET a = 1 WHERE a IS NULL; ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t ALTER b SET NOT NULL", "1 not-null t.b"},
		{"EXEC sp_rename 'a.b', 'c'", "1 rename a.b"},
	} {
		found, cut := Scan(c.src, 1)
		if got := show(found); got != c.want || cut {
			t.Errorf("%s\ngot  %s (cut %v)\nwant %s", c.src, got, cut, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, src := range []string{"SELECT 'x", "/* x", "SELECT $$ x", `"x`} {
		if _, cut := Scan("DROP TABLE a; "+src, 1); !cut {
			t.Errorf("%s: read to its end", src)
		}
	}
	if _, cut := Scan(strings.Repeat("a ", maxTokens+2), 1); !cut {
		t.Error("too many tokens are read")
	}
}

// More text behind a script takes nothing away from what was found, but what replaces a
// dropped table by its copy.
func FuzzScan(f *testing.F) {
	for _, s := range []string{"DROP TABLE a", "$$ $x$ $x$", "'", "[a b]", "DELIMITER //\n//", "/*!5 */", "COPY x FROM stdin;\n\\.", "CREATE TRIGGER t BEGIN END;", "ALTER TABLE t ADD (a int), DROP b", "DO $$ DO $x$ DROP TABLE y $x$ $$", "WITH x AS ((", "-- +goose Down\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		found, cut := Scan(src, 1)
		lines := strings.Count(src, "\n") + 1
		for _, s := range found {
			if s.Line < 1 || s.End < s.Line || s.End > lines {
				t.Fatalf("%+v of %d lines", s, lines)
			}
		}
		if cut || strings.Contains(strings.ToUpper(src), "DELIMITER") || strings.Contains(src, "`") {
			return
		}
		more, _ := Scan(src+"\n;\nDROP TABLE very_new;", 1)
		if len(more) < len(found) {
			t.Fatalf("%q: %s becomes %s", src, show(found), show(more))
		}
	})
}
