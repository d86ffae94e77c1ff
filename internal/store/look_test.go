package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"custody/internal/store"
)

// Who looks at a store changes nothing: tables of an older version stay what programs of that
// version start on.
func TestLook(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		looks := func(when string, want store.Condition) {
			t.Helper()
			for range 2 {
				if got, err := store.Look(ctx, address); err != nil || got != want {
					t.Errorf("%s: %q, %v, want %q", when, got, err, want)
				}
			}
		}
		looks("at first", store.Unmade)
		driver, name := "pgx", address
		path, isFile := strings.CutPrefix(address, "sqlite://")
		if isFile {
			path = strings.ReplaceAll(path, "%23", "#")
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Errorf("somebody looked, and made %s: %v", path, err)
			}
			driver, name = "sqlite", "file:"+strings.TrimPrefix(address, "sqlite://")
		}
		if !isFile {
			mayNot(t, address)
		}
		open(t, address, "one", nil).Close()
		looks("opened", store.UpToDate)
		db, err := sql.Open(driver, name)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		do := func(text string) {
			t.Helper()
			if _, err := db.Exec(text); err != nil {
				t.Fatal(err)
			}
		}
		do(`DELETE FROM river_migration WHERE version = (SELECT max(version) FROM river_migration)`)
		looks("the queue's are older", store.Older)
		var newest int
		if err := db.QueryRow(`SELECT max(version_id) FROM goose_db_version`).Scan(&newest); err != nil {
			t.Fatal(err)
		}
		do(fmt.Sprintf(`DELETE FROM goose_db_version WHERE version_id = %d`, newest))
		looks("ours are older", store.Older)
		do(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
		if _, err := store.Look(ctx, address); err == nil || !strings.Contains(err.Error(), "newer version of Custody") {
			t.Errorf("a newer one: %v", err)
		}
	})
}

// mayNot has somebody look who may not make what is missing.
func mayNot(t *testing.T, address string) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`DROP ROLE IF EXISTS looker; CREATE ROLE looker LOGIN PASSWORD 'x'; REVOKE CREATE ON SCHEMA public FROM PUBLIC`); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("looker", "x")
	if q := u.Query(); q.Has("user") {
		q.Set("user", "looker")
		u.RawQuery = q.Encode()
	}
	if c, err := store.Look(context.Background(), u.String()); err == nil || !strings.Contains(err.Error(), "may make no tables") {
		t.Errorf("%q, %v", c, err)
	}
}
