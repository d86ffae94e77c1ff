package migrations

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"custody/internal/control/checks/sqltext"
)

// liquibase finds operations in a change log in XML; is says whether the file is one.
func liquibase(src []byte) (out []operation, is bool, err error) {
	dec := xml.NewDecoder(bytes.NewReader(src))
	dec.Strict = true
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	line, at := 1, int64(0)
	skip, depth := 0, 0 // depth of the rollback that is read
	sqlLine := 0
	for {
		before := dec.InputOffset()
		line += bytes.Count(src[at:before], []byte("\n"))
		at = before
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out, is, nil
		}
		if err != nil {
			return out, is, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			if depth > 200 {
				return out, is, errors.New("nested too deep")
			}
			end := line + bytes.Count(src[at:dec.InputOffset()], []byte("\n"))
			attr := func(name string) string {
				for _, a := range t.Attr {
					if a.Name.Local == name {
						return a.Value
					}
				}
				return ""
			}
			add := func(rule, object string) {
				if skip == 0 {
					out = append(out, operation{rule: rule, object: object, line: line, end: end})
				}
			}
			switch t.Name.Local {
			case "databaseChangeLog":
				is = true
			case "rollback":
				if skip == 0 {
					skip = depth
				}
			case "dropTable":
				add(sqltext.DropTable, attr("tableName"))
			case "dropAllForeignKeyConstraints":
			case "dropColumn":
				add(sqltext.DropColumn, attr("tableName")+"."+attr("columnName"))
			case "addNotNullConstraint":
				if attr("defaultNullValue") == "" {
					add(sqltext.NotNull, attr("tableName")+"."+attr("columnName"))
				}
			case "modifyDataType":
				add(sqltext.ChangeType, attr("tableName")+"."+attr("columnName"))
			case "renameTable":
				add(sqltext.Rename, attr("oldTableName"))
			case "renameColumn":
				add(sqltext.Rename, attr("tableName")+"."+attr("oldColumnName"))
			case "sql":
				sqlLine = end
			}
		case xml.CharData:
			if sqlLine > 0 && skip == 0 {
				found, _ := sqltext.Scan(string(t), line)
				for _, s := range found {
					out = append(out, operation{rule: s.Kind, object: s.Object, line: s.Line, end: s.End})
				}
			}
		case xml.EndElement:
			if skip == depth {
				skip = 0
			}
			depth--
			if t.Name.Local == "sql" {
				sqlLine = 0
			}
		}
	}
}

// isDown says whether a path is of a script that takes a migration back.
func isDown(path string) bool {
	low := strings.ToLower(path)
	name := low[strings.LastIndex(low, "/")+1:]
	return strings.HasSuffix(name, ".down.sql") || name == "down.sql" || strings.HasSuffix(name, "_down.sql") || strings.HasSuffix(name, "-down.sql") || strings.HasSuffix(name, ".rollback.sql") || strings.HasSuffix(name, "_rollback.sql") ||
		strings.Contains("/"+low, "/rollback/") || strings.Contains("/"+low, "/down/") || len(name) > 2 && name[0] == 'u' && name[1] >= '0' && name[1] <= '9' && strings.Contains(name, "__")
}
