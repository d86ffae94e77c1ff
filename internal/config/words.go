package config

import (
	"fmt"
	"strings"
)

// ClassList names classes for people: "unknown or conflict".
func ClassList(classes []Class) string {
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = string(c)
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " or " + names[last]
	}
	return strings.Join(names, "")
}

// Share is MaxPermille as people say it: "20%", "2.5%"; "" without one.
func (r *Rule) Share() string {
	switch {
	case r.MaxPermille == nil:
		return ""
	case *r.MaxPermille%10 == 0:
		return fmt.Sprintf("%d%%", *r.MaxPermille/10)
	}
	return fmt.Sprintf("%d.%d%%", *r.MaxPermille/10, *r.MaxPermille%10)
}
