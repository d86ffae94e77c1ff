package inventory

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Draft writes a first file: a system for every agent that took part, with what only
// people know left empty.
func Draft(project, day string, agents []Agent) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# AI systems that take part in %s. The agents below stand in the history of this\n"+
		"# repository; fill in what only you know, and add those that leave no trace there.\n"+
		"# Reference: docs/inventory.md. `custody inventory check` says what is missing.\n"+
		"version: \"1.0\"\ndate: %q\nsystems:", oneLine(project), day)
	if len(agents) == 0 {
		b.WriteString(" []\n")
		return b.Bytes()
	}
	b.WriteString("\n")
	for _, a := range agents {
		b.WriteString(entry(a, "  "))
	}
	return b.Bytes()
}

// entry is one system with its dash at an indentation.
func entry(a Agent, indent string) string {
	var b strings.Builder
	in := indent + "  "
	fmt.Fprintf(&b, "%s- name: %s  # in %s\n", indent, quote(a.Name), commits(a.Commits))
	fmt.Fprintf(&b, "%sagent: %s\n", in, quote(a.ID))
	model := ""
	if len(a.Models) > 0 {
		model = a.Models[0]
	}
	for _, k := range Keys {
		switch {
		case !k.Must || k.Name == "name":
		case k.Name == "model" && model != "":
			fmt.Fprintf(&b, "%smodel: %s\n", in, quote(model))
			if len(a.Models) > 1 {
				fmt.Fprintf(&b, "%smodels:\n", in)
			}
			for _, m := range a.Models[1:] {
				fmt.Fprintf(&b, "%s  - %s\n", in, quote(m))
			}
		default:
			fmt.Fprintf(&b, "%s%s: \"\"  # %s\n", in, k.Name, k.Asks)
		}
	}
	return b.String()
}

func quote(s string) string { return strconv.Quote(oneLine(s)) }

// Add appends a system to an existing file for every agent that it does not list, and
// touches nothing else. Added says how many; what can not be appended to, since
// something else stands behind the list, is an error.
func Add(text []byte, agents []Agent) (out []byte, added int, err error) {
	inv, err := Parse(text)
	if err != nil {
		return nil, 0, err
	}
	var missing []Agent
	for _, a := range agents {
		listed := false
		for i := range inv.Systems {
			listed = listed || inv.Systems[i].isOf(&a)
		}
		if !listed {
			missing = append(missing, a)
		}
	}
	if len(missing) == 0 {
		return text, 0, nil
	}
	eol := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		eol = "\r\n"
	}
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"), "\n")
	at, indent := -1, "  "
	for i, l := range lines {
		if strings.HasPrefix(l, "systems:") {
			at = i
			if rest := strings.TrimSpace(strings.TrimPrefix(l, "systems:")); rest == "[]" || strings.HasPrefix(rest, "[] #") {
				lines[i] = "systems:" + strings.TrimPrefix(rest, "[]")
			}
		} else if at >= 0 && strings.HasPrefix(strings.TrimLeft(l, " "), "- ") {
			indent = l[:len(l)-len(strings.TrimLeft(l, " "))]
			break
		}
	}
	// The list goes on to the next key of the root, or to the end.
	end := at + 1
	for i := at + 1; i < len(lines); i++ {
		l := lines[i]
		if l != "" && l[0] != ' ' && l[0] != '-' && l[0] != '#' {
			break
		}
		if strings.TrimSpace(l) != "" && l[0] != '#' {
			end = i + 1
		}
	}
	var fresh []string
	for _, a := range missing {
		fresh = append(fresh, strings.Split(strings.TrimSuffix(entry(a, indent), "\n"), "\n")...)
	}
	lines = append(lines[:end:end], append(fresh, lines[end:]...)...)
	out = []byte(strings.Join(lines, eol) + eol)
	now, err := Parse(out)
	if err != nil || len(now.Systems) != len(inv.Systems)+len(missing) {
		return nil, 0, fmt.Errorf("its form is too unusual to be added to in place: write the systems by hand")
	}
	return out, len(missing), nil
}
