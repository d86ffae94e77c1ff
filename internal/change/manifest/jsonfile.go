package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// a node of a JSON file, with the line of its key.
type node struct {
	key    string
	line   int
	text   string // of a string
	isText bool
	truth  bool // a true
	fields []*node
	items  []*node
}

func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.key == key {
			return f
		}
	}
	return nil
}

func (n *node) value() string {
	if n == nil {
		return ""
	}
	return n.text
}

type jsonReader struct {
	src   []byte
	dec   *json.Decoder
	at    int64
	line  int
	nodes int
}

func readJSON(src []byte) (*node, error) {
	if !json.Valid(src) {
		return nil, errors.New("not JSON that can be read")
	}
	r := &jsonReader{src: src, dec: json.NewDecoder(bytes.NewReader(src)), line: 1}
	n, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if n.fields == nil && n.isText {
		return nil, errors.New("not an object")
	}
	return n, nil
}

func (r *jsonReader) token() (json.Token, error) {
	t, err := r.dec.Token()
	at := r.dec.InputOffset()
	r.line += bytes.Count(r.src[r.at:at], []byte("\n"))
	r.at = at
	return t, err
}

func (r *jsonReader) value(depth int) (*node, error) {
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	if r.nodes++; r.nodes > 20*MaxDependencies || depth > maxDepth {
		return nil, errors.New("too large or nested too deep")
	}
	n := &node{line: r.line}
	switch t := t.(type) {
	case string:
		n.text, n.isText = t, true
	case bool:
		n.truth = t
	case json.Delim:
		for r.dec.More() {
			key := ""
			line := 0
			if t == '{' {
				k, err := r.token()
				if err != nil {
					return nil, err
				}
				key, _ = k.(string)
				line = r.line
			}
			child, err := r.value(depth + 1)
			if err != nil {
				return nil, err
			}
			if t == '{' {
				child.key, child.line = key, line
				n.fields = append(n.fields, child)
			} else {
				n.items = append(n.items, child)
			}
		}
		if _, err := r.token(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func packageJSON(src []byte) (*File, error) {
	root, err := readJSON(src)
	if err != nil {
		return nil, err
	}
	f := &File{}
	for _, group := range []string{"dependencies", "devDependencies", "optionalDependencies", "peerDependencies"} {
		g := root.get(group)
		if g == nil {
			continue
		}
		for _, d := range g.fields {
			f.Dependencies = append(f.Dependencies, Dependency{Name: d.key, Version: d.text, Source: npmSource(d.text), Dev: group == "devDependencies", Line: d.line})
		}
	}
	return f, nil
}

// npmSource is an address that npm takes for a version: owner/repo is GitHub's.
func npmSource(v string) string {
	if s := source(v); s != "" {
		return s
	}
	if owner, repo, ok := strings.Cut(v, "/"); ok && owner != "" && repo != "" && !strings.ContainsAny(owner, "@:.^~ <>=*") {
		return "github:" + v
	}
	return ""
}

const npmRegistry = "https://registry.npmjs.org/"

// resolved is the source of a package that was fetched from an address.
func resolved(url string) string {
	if strings.HasPrefix(url, npmRegistry) || strings.HasPrefix(url, "https://registry.yarnpkg.com/") || url == "" {
		return ""
	}
	return url
}

func packageLock(src []byte) (*File, error) {
	root, err := readJSON(src)
	if err != nil {
		return nil, err
	}
	f := &File{}
	if packages := root.get("packages"); packages != nil {
		for _, p := range packages.fields {
			i := strings.LastIndex(p.key, "node_modules/")
			if i < 0 || p.get("link") != nil {
				continue // the project itself, and its own folders
			}
			name := p.key[i+len("node_modules/"):]
			if n := p.get("name").value(); n != "" {
				name = n
			}
			dev := p.get("dev")
			licence := p.get("license").value()
			f.Dependencies = append(f.Dependencies, Dependency{Name: name, Version: p.get("version").value(), Source: resolved(p.get("resolved").value()), Integrity: p.get("integrity").value(), Licence: licence,
				Indirect: strings.Count(p.key, "node_modules/") > 1, Dev: dev != nil && dev.truth, Line: p.line})
		}
		return f, nil
	}
	var walk func(n *node, depth int)
	walk = func(n *node, depth int) {
		if n == nil {
			return
		}
		for _, p := range n.fields {
			f.Dependencies = append(f.Dependencies, Dependency{Name: p.key, Version: p.get("version").value(), Source: resolved(p.get("resolved").value()), Integrity: p.get("integrity").value(), Indirect: depth > 0, Line: p.line})
			walk(p.get("dependencies"), depth+1)
		}
	}
	walk(root.get("dependencies"), 0)
	return f, nil
}

func composerJSON(src []byte) (*File, error) {
	root, err := readJSON(src)
	if err != nil {
		return nil, err
	}
	f := &File{}
	for _, group := range []string{"require", "require-dev"} {
		if g := root.get(group); g != nil {
			for _, d := range g.fields {
				if strings.Contains(d.key, "/") {
					f.Dependencies = append(f.Dependencies, Dependency{Name: d.key, Version: d.text, Dev: group == "require-dev", Line: d.line})
				}
			}
		}
	}
	if repos := root.get("repositories"); repos != nil {
		for _, r := range append(repos.items, repos.fields...) {
			if url := r.get("url").value(); url != "" {
				f.Registries = append(f.Registries, Registry{url, r.get("url").line})
			}
		}
	}
	return f, nil
}

func composerLock(src []byte) (*File, error) {
	root, err := readJSON(src)
	if err != nil {
		return nil, err
	}
	f := &File{}
	for _, group := range []string{"packages", "packages-dev"} {
		g := root.get(group)
		if g == nil {
			continue
		}
		for _, p := range g.items {
			d := Dependency{Name: p.get("name").value(), Version: p.get("version").value(), Integrity: p.get("dist").get("shasum").value(), Dev: group == "packages-dev", Line: p.line}
			if n := p.get("name"); n != nil {
				d.Line = n.line
			}
			if l := p.get("license"); l != nil {
				var all []string
				for _, one := range l.items {
					all = append(all, one.text)
				}
				d.Licence = strings.Join(all, " OR ")
			}
			if d.Name == "" {
				return nil, fmt.Errorf("line %d: a package without a name", d.Line)
			}
			f.Dependencies = append(f.Dependencies, d)
		}
	}
	return f, nil
}
