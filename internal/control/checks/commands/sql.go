package commands

import "custody/internal/control/checks/sqltext"

// destroys says whether SQL that a client is given drops, empties or deletes data.
func destroys(sql string) bool {
	found, _ := sqltext.Scan(sql, 1)
	for _, f := range found {
		switch f.Kind {
		case sqltext.DropTable, sqltext.DropDatabase, sqltext.DropColumn, sqltext.Truncate, sqltext.DeleteAll:
			return true
		}
	}
	return false
}
