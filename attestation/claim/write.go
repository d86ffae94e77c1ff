package claim

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Write creates the file, or updates an existing one so that it says what history
// holds and is valid for the published schema. It touches only the counts, the tools,
// the window and the time, and with a scan what governance says of one, on their own
// lines: comments, policy, radar, unknown keys and line ends stay as they are. The same facts again change nothing, the
// time of counting included. A tool that history does not show stays, with count 0.
//
// A file that can not be read, or whose other parts are not valid, is an error that
// says where: Write does not guess.
func Write(existing []byte, f Facts) ([]byte, error) {
	if f.Cut != "" {
		return nil, fmt.Errorf("writing %s: history is cut (%s), so the counts would be too low; fetch the whole history", Path, f.Cut)
	}
	if len(bytes.TrimSpace(existing)) == 0 {
		return checked(create(f), f)
	}
	d, problems := Parse(existing)
	for _, p := range problems {
		if d == nil || !ours(p.Path) {
			return nil, fmt.Errorf("updating %s: %w; correct it, or delete the file", Path, p)
		}
	}
	eol := "\n"
	if bytes.Contains(existing, []byte("\r\n")) {
		eol = "\r\n"
	}
	text := strings.ReplaceAll(string(existing), "\r\n", "\n")
	out, err := update(text, f, false)
	if err == nil && out != text {
		out, err = update(out, f, true)
	}
	if err != nil {
		return nil, fmt.Errorf("updating %s: %w", Path, err)
	}
	written, err := checked([]byte(strings.ReplaceAll(out, "\n", eol)), f)
	if err != nil {
		return nil, err
	}
	if now, err := parse(written); err != nil {
		return nil, fmt.Errorf("updating %s: %w", Path, err)
	} else if key := lost(d.root, now, "", f.Scan != nil); key != "" {
		return nil, fmt.Errorf("updating %s: %s would be lost: write the section that it is in with one key a line, and run the command again", Path, key)
	}
	return written, nil
}

// lost is a key, of those that are not Write's own, that is not in what was written as it
// was before; empty when all are. Sections in braces are written anew.
func lost(was, now *node, path string, scanned bool) string {
	for _, k := range was.keys {
		at := join(path, k.name)
		value := now.get(k.name)
		switch {
		case at == "ai.tools" || at == "ai."+extension:
			if key := lostTool(k.value, now, at); key != "" {
				return key
			}
		case owned(at, scanned):
		case at == "range" || at == "ai" || at == "repo" || at == "governance":
			if key := lost(k.value, value, at, scanned); key != "" {
				return key
			}
		case !equal(k.value, value):
			return at
		}
	}
	return ""
}

// lostTool looks for the entries of a list of tools in both lists of the new section.
func lostTool(was, ai *node, path string) string {
	for i, item := range was.items {
		id := item.get("identifier")
		if id == nil {
			continue // not valid without, and so put right
		}
		had := findTool(ai.get("tools"), id.text)
		if had == nil {
			had = findTool(ai.get(extension), id.text)
		}
		for _, k := range item.keys {
			at := fmt.Sprintf("%s[%d].%s", path, i, k.name)
			switch k.name {
			case "identifier", "name", "commit_count", "first_seen", "last_seen":
				if had == nil {
					return at
				}
			default:
				if !equal(k.value, had.get(k.name)) && findTool(was, id.text) == item {
					return at
				}
			}
		}
	}
	return ""
}

// owned says whether a value is Write's own to set.
func owned(path string, scanned bool) bool {
	switch path {
	case "schema", "version", "generated", "repo.url", "range.commits", "range.from", "range.to", "ai.assisted_commits", "ai.percentage", "ai.detection_methods":
		return true
	}
	key, ok := strings.CutPrefix(path, "governance.")
	return ok && scanned && slices.Contains([]string{"engine", "last_scan", "result", "score", "packs", "findings", "proof_bundle_count", scanKey}, key)
}

// checked refuses to hand out a file that does not say what it should: a last look at
// text that was edited in place.
func checked(out []byte, f Facts) ([]byte, error) {
	d, problems := Parse(out)
	if len(problems) > 0 {
		return nil, fmt.Errorf("writing %s: the result is not valid: %w", Path, problems[0])
	}
	wrong := len(d.unlisted) > 0 || d.Assisted != f.Assisted || d.Commits != f.Commits || d.Percentage != percentage(f.Assisted, f.Commits)
	for _, t := range f.Tools {
		had := d.tool(t.ID)
		wrong = wrong || had == nil || had.Commits != t.Commits
	}
	if f.Scan != nil {
		for _, p := range governanceParts(f.Scan) {
			wrong = wrong || !p.same(d.root.get("governance").get(p.key))
		}
	}
	if wrong {
		return nil, fmt.Errorf("updating %s: %w", Path, errUnusual)
	}
	return out, nil
}

// ours says whether a key is one that Write puts right.
func ours(path string) bool {
	for _, p := range []string{"schema", "version", "generated", "range", "ai", "repo.url"} {
		if path == p || strings.HasPrefix(path, p+".") {
			return true
		}
	}
	return false
}

// create writes a new file.
func create(f Facts) []byte {
	var b strings.Builder
	b.WriteString("# AI attestation: how much of this repository's history AI agents took part in.\n" +
		"# Counted from authors, committers and commit messages by `custody attest write`.\n" +
		"# Format: " + schemaID + "\n")
	fmt.Fprintf(&b, "schema: %s\nversion: \"1.1\"\nrepo:\n  owner: %s\n  name: %s\n", schemaID, quote(f.Repo.Owner), quote(f.Repo.Name))
	if f.Repo.URL != "" {
		fmt.Fprintf(&b, "  url: %s\n", quote(f.Repo.URL))
	}
	fmt.Fprintf(&b, "generated: %s\n", quote(f.Generated))
	b.WriteString(rangeSection(f))
	b.WriteString(aiSection(f, nil, nil))
	if f.Scan != nil {
		b.WriteString(governanceSection(f.Scan, nil))
	}
	return []byte(b.String())
}

func rangeSection(f Facts) string {
	s := fmt.Sprintf("range:\n  commits: %d\n", f.Commits)
	if f.From != "" {
		s += "  from: " + quote(f.From) + "\n"
	}
	if f.To != "" {
		s += "  to: " + quote(f.To) + "\n"
	}
	return s
}

// detectionMethods are those of ai.detection_methods that the schema knows, and the first
// two those that Write counts by.
var detectionMethods = []string{"co-author-trailer", "commit-message-pattern", "metadata-header", "git-config"}

// aiSection writes the section anew; kept are comments of the old one, methods what it
// says of how was counted.
func aiSection(f Facts, kept, methods []string) string {
	var b strings.Builder
	b.WriteString("ai:\n")
	for _, c := range kept {
		b.WriteString("  " + c + "\n")
	}
	fmt.Fprintf(&b, "  assisted_commits: %d\n  percentage: %s\n", f.Assisted, number(percentage(f.Assisted, f.Commits)))
	for _, key := range []string{"tools", extension} {
		var entries []string
		for _, t := range f.Tools {
			if t.Listed == (key == "tools") {
				entries = append(entries, toolEntry("    ", t)...)
			}
		}
		switch {
		case len(entries) > 0:
			b.WriteString("  " + key + ":\n" + strings.Join(entries, "\n") + "\n")
		case key == "tools":
			b.WriteString("  tools: []\n")
		}
	}
	if len(methods) == 0 {
		methods = detectionMethods[:2]
	}
	b.WriteString("  detection_methods:\n")
	for _, m := range methods {
		b.WriteString("    - " + m + "\n")
	}
	return b.String()
}

// toolEntry is one tool as lines of a list at an indentation.
func toolEntry(indent string, t Tool) []string {
	return []string{
		indent + "- name: " + quote(t.Name),
		indent + "  identifier: " + quote(t.ID),
		indent + "  first_seen: " + dayOrNull(t.First),
		indent + "  last_seen: " + dayOrNull(t.Last),
		indent + "  commit_count: " + strconv.FormatInt(t.Commits, 10),
	}
}

func dayOrNull(day string) string {
	if day == "" {
		return "null"
	}
	return `"` + day + `"`
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// quote writes a string so that every YAML reader reads it back as that string.
func quote(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r == '-' || r == ' ' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	}) && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z') && s[len(s)-1] != ' '
	words := []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
	if plain && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
}
