package manifest

import (
	"fmt"
	"strings"
)

// An entry is one "key = value" of a TOML file, as much of it as manifests need: where
// it stands and which strings it holds.
type entry struct {
	section string // "tool.poetry.source" of [[tool.poetry.source]] too
	block   int    // which section of the file
	key     string
	raw     string
	line    int
	strings []tomlString
}

type tomlString struct {
	key  string // of an inline table: {git = "..."}
	text string
	line int
}

func (e *entry) text() string {
	if len(e.strings) > 0 {
		return e.strings[0].text
	}
	return ""
}

// of is the string with a key in an inline table.
func (e *entry) of(key string) string {
	for _, s := range e.strings {
		if s.key == key {
			return s.text
		}
	}
	return ""
}

// dependency reads name = "1.0" and name = {version = "1.0", git = "..."}.
func (e *entry) dependency() Dependency {
	d := Dependency{Name: e.key, Line: e.line, Version: e.of("version")}
	if !strings.HasPrefix(e.raw, "{") {
		d.Version = e.text()
	}
	for _, key := range []string{"git", "url", "path", "registry", "registry-index"} {
		if s := e.of(key); s != "" {
			d.Source = s
			if key == "path" && !strings.HasPrefix(s, ".") && !strings.HasPrefix(s, "/") {
				d.Source = "./" + s
			}
			for _, rev := range []string{"rev", "tag", "branch"} {
				if r := e.of(rev); r != "" {
					d.Version = strings.TrimSpace(d.Version + " " + r)
				}
			}
			break
		}
	}
	if p := e.of("package"); p != "" {
		d.Name = p
	}
	return d
}

func readTOML(src []byte) ([]entry, error) {
	r := &tomlReader{src: string(src), line: 1}
	var out []entry
	section, block := "", 0
	for {
		r.space(true)
		if r.at >= len(r.src) {
			return out, nil
		}
		if len(out) > 20*MaxDependencies {
			return nil, fmt.Errorf("line %d: too many entries", r.line)
		}
		if r.src[r.at] == '[' {
			end := strings.IndexByte(r.src[r.at:], '\n')
			if end < 0 {
				end = len(r.src) - r.at
			}
			head, _, _ := strings.Cut(r.src[r.at:r.at+end], "#")
			head = strings.TrimSpace(head)
			if !strings.HasSuffix(head, "]") {
				return nil, fmt.Errorf("line %d: a table that is not closed", r.line)
			}
			section = strings.NewReplacer(`"`, "", "'", "", " ", "").Replace(strings.Trim(head, "[]"))
			block++
			r.at += end
			continue
		}
		e, err := r.entry()
		if err != nil {
			return nil, err
		}
		e.section, e.block = section, block
		if dotted := strings.LastIndex(e.key, "."); dotted > 0 && !strings.ContainsAny(e.key, `"'`) {
			// a.b = 1 is b = 1 in the table a.
			prefix := e.key[:dotted]
			if section != "" {
				prefix = section + "." + prefix
			}
			e.section, e.key = prefix, e.key[dotted+1:]
		}
		e.key = strings.Trim(e.key, `"'`)
		out = append(out, e)
	}
}

type tomlReader struct {
	src      string
	at, line int
}

// space steps over spaces and comments, and over line ends if there may be some.
func (r *tomlReader) space(newlines bool) {
	for r.at < len(r.src) {
		switch c := r.src[r.at]; {
		case c == ' ' || c == '\t' || c == '\r':
			r.at++
		case c == '\n' && newlines:
			r.line++
			r.at++
		case c == '#':
			for r.at < len(r.src) && r.src[r.at] != '\n' {
				r.at++
			}
		default:
			return
		}
	}
}

func (r *tomlReader) entry() (entry, error) {
	from := r.at
	for r.at < len(r.src) && r.src[r.at] != '=' && r.src[r.at] != '\n' {
		if c := r.src[r.at]; c == '"' || c == '\'' {
			if _, err := r.string(); err != nil {
				return entry{}, err
			}
			continue
		}
		r.at++
	}
	if r.at >= len(r.src) || r.src[r.at] != '=' {
		return entry{}, fmt.Errorf("line %d: a key without a value", r.line)
	}
	e := entry{key: strings.TrimSpace(r.src[from:r.at]), line: r.line}
	r.at++
	r.space(false)
	from = r.at
	depth, key := 0, ""
	word := from
	for r.at < len(r.src) {
		switch c := r.src[r.at]; {
		case c == '"' || c == '\'':
			line := r.line
			text, err := r.string()
			if err != nil {
				return e, err
			}
			if len(e.strings) < 10_000 {
				e.strings = append(e.strings, tomlString{key, text, line})
			}
			word = r.at
			continue
		case c == '[' || c == '{':
			depth++
			word, key = r.at+1, ""
		case c == ']' || c == '}':
			depth--
		case c == ',':
			word, key = r.at+1, ""
		case c == '=' && depth > 0:
			key = strings.TrimSpace(r.src[min(word, r.at):r.at])
		case c == '#':
			for r.at < len(r.src) && r.src[r.at] != '\n' {
				r.at++
			}
			word = r.at
			continue
		case c == '\n':
			if depth <= 0 {
				e.raw = r.src[from:r.at]
				return e, nil
			}
			r.line++
		}
		r.at++
	}
	if depth > 0 {
		return e, fmt.Errorf("line %d: a value that is not closed", e.line)
	}
	e.raw = r.src[from:r.at]
	return e, nil
}

// string reads one from its quote on.
func (r *tomlReader) string() (string, error) {
	first := r.line
	rest := r.src[r.at:]
	quote := rest[:1]
	if strings.HasPrefix(rest, `"""`) || strings.HasPrefix(rest, "'''") {
		quote = rest[:3]
	}
	for i := len(quote); i < len(rest); i++ {
		switch {
		case quote[0] == '"' && rest[i] == '\\':
			i++
			if i < len(rest) && rest[i] == '\n' {
				r.line++
			}
		case strings.HasPrefix(rest[i:], quote):
			r.at += i + len(quote)
			return rest[len(quote):i], nil
		case rest[i] == '\n':
			if len(quote) == 1 {
				return "", fmt.Errorf("line %d: a text that is not closed", first)
			}
			r.line++
		}
	}
	return "", fmt.Errorf("line %d: a text that is not closed", first)
}

// tomlLock reads poetry.lock, uv.lock and pdm.lock, where no source is the registry.
func tomlLock(src []byte) (*File, error) { return packages(src, "") }

// cargoLock reads Cargo.lock, where no source is a folder of the project.
func cargoLock(src []byte) (*File, error) { return packages(src, ".") }

func packages(src []byte, unsaid string) (*File, error) {
	entries, err := readTOML(src)
	if err != nil {
		return nil, err
	}
	f := &File{}
	block := -1
	var d *Dependency
	for i := range entries {
		e := &entries[i]
		switch {
		case e.section == "package":
			if e.block != block {
				block = e.block
				f.Dependencies = append(f.Dependencies, Dependency{Indirect: true, Source: unsaid, Line: e.line})
				d = &f.Dependencies[len(f.Dependencies)-1]
			}
			switch e.key {
			case "name":
				d.Name, d.Line = e.text(), e.line
			case "version":
				d.Version = e.text()
			case "checksum":
				d.Integrity = e.text()
			case "source":
				d.Source = lockSource(e)
			case "sdist":
				d.Integrity = strings.TrimSpace(d.Integrity + " " + e.of("hash"))
			case "files", "wheels":
				for _, s := range e.strings {
					if s.key == "hash" {
						d.Integrity = strings.TrimSpace(d.Integrity + " " + s.text)
					}
				}
			}
		case e.section == "package.source" && d != nil && e.key == "url":
			d.Source = e.text()
			if strings.HasPrefix(d.Source, "https://pypi.org/") {
				d.Source = ""
			}
		}
	}
	return f, nil
}

func lockSource(e *entry) string {
	s := e.text()
	switch {
	case strings.HasPrefix(e.raw, "{"): // uv's
		if r := e.of("registry"); strings.HasPrefix(r, "https://pypi.org/") {
			return ""
		}
		if e.of("editable") != "" || e.of("virtual") != "" {
			return ""
		}
	case s == "registry+https://github.com/rust-lang/crates.io-index", s == "sparse+https://index.crates.io/":
		return ""
	}
	return s
}

func cargoToml(src []byte) (*File, error) {
	entries, err := readTOML(src)
	if err != nil {
		return nil, err
	}
	f := &File{}
	for i := range entries {
		e := &entries[i]
		group := e.section[strings.LastIndex(e.section, ".")+1:]
		switch {
		case group == "dependencies" || group == "dev-dependencies" || group == "build-dependencies":
			d := e.dependency()
			d.Dev = group != "dependencies"
			if e.of("workspace") != "" || strings.Contains(e.raw, "workspace = true") {
				d.Version = "workspace"
			}
			f.Dependencies = append(f.Dependencies, d)
		case strings.Contains(e.section, "dependencies.") && !strings.HasPrefix(e.section, "package.metadata"):
			// [dependencies.name], or name.workspace = true
			name := group
			k := len(f.Dependencies) - 1
			if k < 0 || f.Dependencies[k].Name != name {
				f.Dependencies = append(f.Dependencies, Dependency{Name: name, Line: e.line, Dev: strings.Contains(e.section, "dev-dependencies")})
				k++
			}
			switch e.key {
			case "version":
				f.Dependencies[k].Version = e.text()
			case "git", "registry":
				f.Dependencies[k].Source = e.text()
			case "path":
				f.Dependencies[k].Source = "./" + strings.TrimPrefix(e.text(), "./")
			}
		case strings.HasPrefix(e.section, "source.") && e.key == "registry":
			f.Registries = append(f.Registries, Registry{e.text(), e.line})
		case strings.HasPrefix(e.section, "patch."):
			d := e.dependency()
			d.Name += " (patch)"
			f.Dependencies = append(f.Dependencies, d)
		}
	}
	return f, nil
}
