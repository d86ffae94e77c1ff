package document

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"custody/internal/control/cel"
)

// maxTables of one file. Lock files of Cargo have a few thousand.
const maxTables = 20_000

func readTOML(src []byte) ([]cel.Value, error) {
	if err := tomlDepth(src); err != nil {
		return nil, err
	}
	// The parser's work for a table or value is many times its size: they are counted first.
	if n := bytes.Count(src, []byte("\n[")); n > maxTables {
		return nil, fmt.Errorf("it has more than %d tables", maxTables)
	}
	if n := bytes.Count(src, []byte("=")) + bytes.Count(src, []byte(",")); n > maxValues {
		return nil, fmt.Errorf("it holds more than %d values", maxValues)
	}
	var doc map[string]any
	if err := toml.Unmarshal(src, &doc); err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return nil, fmt.Errorf("it is not TOML that can be read: line %d: %s", at.Position.Line, at.Message)
		}
		return nil, fmt.Errorf("it is not TOML that can be read")
	}
	v, err := fromTOML(&budget{}, doc, 0)
	if err != nil {
		return nil, err
	}
	return []cel.Value{v}, nil
}

// tomlDepth refuses nesting before the parser meets it: brackets within brackets, and
// keys of many parts. Brackets in texts count too; no real file has a hundred unclosed.
func tomlDepth(src []byte) error {
	depth, dots := 0, 0
	for _, c := range src {
		switch c {
		case '[', '{':
			depth++
			dots = 0
		case ']', '}':
			depth, dots = max(0, depth-1), 0
		case '.':
			dots++
		case '=', ',', '\n':
			dots = 0
		}
		if depth > maxDepth || dots > maxDepth {
			return fmt.Errorf("it is nested more than %d deep", maxDepth)
		}
	}
	return nil
}

func fromTOML(b *budget, v any, depth int) (cel.Value, error) {
	if err := b.take(1, depth); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil, bool, int64, float64, string:
		return v, nil
	case []any:
		list := []cel.Value{}
		for _, item := range v {
			c, err := fromTOML(b, item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, nil
	case map[string]any:
		var m mapping
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys) // so that the same error comes first every time
		for _, k := range keys {
			c, err := fromTOML(b, v[k], depth+1)
			if err != nil {
				return nil, err
			}
			m.add(k, c)
		}
		return m.value()
	case []map[string]any:
		list := []cel.Value{}
		for _, item := range v {
			c, err := fromTOML(b, item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, nil
	case time.Time:
		return moment(v), nil
	}
	return nil, fmt.Errorf("it holds a %T", v)
}

// moment writes a date, a time or both as the file may have.
func moment(t time.Time) string {
	switch t.Location().String() {
	case "date-local":
		return t.Format(time.DateOnly)
	case "time-local":
		return t.Format("15:04:05.999999999")
	case "datetime-local":
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return t.Format(time.RFC3339Nano)
}
