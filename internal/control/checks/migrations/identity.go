package migrations

import (
	"path"
	"regexp"
	"strings"
	"sync"

	"custody/internal/change"
	"custody/internal/control/checks"
)

// Identity is what a migration's path says of which one it is: the tool that ran it runs it anew
// under another identity. Django takes app and name, Rails, golang-migrate and Flyway the version
// alone, Prisma and Diesel the folder, others the whole name. Alembic's stands in the file.
func Identity(p change.Path) string {
	dir, name := path.Split(string(p))
	folders := strings.Split(strings.TrimSuffix(dir, "/"), "/")
	low := strings.ToLower(name)
	switch {
	case path.Ext(low) == ".py":
		for i := len(folders) - 1; i > 0; i-- {
			if folders[i] == "migrations" {
				return strings.Join(append(folders[i-1:], name), "/")
			}
		}
	case path.Ext(low) == ".rb", strings.HasSuffix(low, ".up.sql"):
		if version := low[:len(low)-len(strings.TrimLeft(low, "0123456789"))]; version != "" {
			return version
		}
	case low == "migration.sql", low == "up.sql":
		return folders[len(folders)-1] + "/" + name
	case path.Ext(low) == ".sql" && name[0] == 'V':
		if version, _, ok := strings.Cut(name, "__"); ok {
			return version
		}
	}
	return name
}

// runsAnew says whether a migration that comes from another path, where it was one, too, is
// another one now.
func runsAnew(t *checks.Text) bool {
	if path.Ext(string(t.File.Path)) == ".py" && isAlembic(string(t.Bytes)) {
		at := revision().FindIndex(t.Bytes)
		if at == nil {
			return true
		}
		line := 1 + strings.Count(string(t.Bytes[:at[0]]), "\n")
		return touched(t.Added, line, line)
	}
	return !Same(t.File.OldPath, t.File.Path)
}

// Same says whether a migration that moved is the one that it was. A version tells migrations of
// one database apart: under another name in another folder it may be one of another.
func Same(was, is change.Path) bool {
	return Identity(was) == Identity(is) && (path.Dir(string(was)) == path.Dir(string(is)) || path.Base(string(was)) == path.Base(string(is)))
}

// revision is where Alembic reads which migration it is.
var revision = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^revision\b`)
})
