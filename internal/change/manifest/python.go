package manifest

import (
	"strings"
)

func requirements(src []byte) (*File, error) {
	f := &File{}
	var d *Dependency
	err := lines(src, func(n int, line string) error {
		if i := strings.Index(line, " #"); i >= 0 {
			line = line[:i]
		}
		line = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), `\`))
		switch {
		case line == "" || line[0] == '#':
			return nil
		case strings.HasPrefix(line, "--hash="):
			if d != nil {
				d.Integrity = strings.TrimSpace(d.Integrity + " " + strings.TrimPrefix(line, "--hash="))
			}
			return nil
		case strings.HasPrefix(line, "-"):
			key, value := line, ""
			if i := strings.IndexAny(line, "= "); i > 0 {
				key, value = line[:i], strings.TrimSpace(line[i+1:])
			}
			switch key {
			case "-i", "--index-url", "--extra-index-url", "-f", "--find-links":
				if strings.TrimSuffix(value, "/") != "https://pypi.org/simple" {
					f.Registries = append(f.Registries, Registry{value, n})
				}
			case "-e", "--editable":
				if s := source(value); s != "" {
					f.Dependencies = append(f.Dependencies, Dependency{Name: afterEgg(value), Source: s, Line: n})
				}
			}
			return nil
		}
		one := requirement(line)
		one.Line = n
		f.Dependencies = append(f.Dependencies, one)
		d = &f.Dependencies[len(f.Dependencies)-1]
		if i := strings.Index(line, "--hash="); i >= 0 {
			d.Integrity = strings.TrimSpace(strings.ReplaceAll(line[i:], "--hash=", ""))
		}
		return nil
	})
	return f, err
}

func afterEgg(url string) string {
	if i := strings.Index(url, "#egg="); i >= 0 {
		return pypiName(url[i+5:])
	}
	return url
}

// requirement reads one as PEP 508 has it: name[extra] >= 1 ; marker, or name @ address.
func requirement(s string) Dependency {
	s, _, _ = strings.Cut(s, ";")
	s, _, _ = strings.Cut(s, " --")
	if url := source(strings.TrimSpace(s)); url != "" {
		return Dependency{Name: afterEgg(url), Source: url}
	}
	if name, url, ok := strings.Cut(s, "@"); ok {
		name, _, _ = strings.Cut(name, "[")
		return Dependency{Name: pypiName(name), Source: strings.TrimSpace(url)}
	}
	i := strings.IndexAny(s, "[<>=!~ (")
	if i < 0 {
		return Dependency{Name: pypiName(s)}
	}
	version := s[i:]
	if k := strings.Index(version, "]"); k >= 0 {
		version = version[k+1:]
	}
	return Dependency{Name: pypiName(s[:i]), Version: strings.Trim(version, " ()")}
}

// pypiName is a name as the registry compares it.
func pypiName(s string) string {
	return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(strings.TrimSpace(s)))
}

func pipConf(src []byte) (*File, error) {
	f := &File{}
	err := lines(src, func(n int, line string) error {
		key, value, ok := strings.Cut(line, "=")
		switch strings.TrimSpace(key) {
		case "index-url", "extra-index-url", "find-links":
			if value = strings.TrimSpace(value); ok && value != "" && strings.TrimSuffix(value, "/") != "https://pypi.org/simple" {
				f.Registries = append(f.Registries, Registry{value, n})
			}
		}
		return nil
	})
	return f, err
}

func pyproject(src []byte) (*File, error) {
	entries, err := readTOML(src)
	if err != nil {
		return nil, err
	}
	f := &File{}
	for _, e := range entries {
		switch {
		case e.section == "project" && e.key == "dependencies",
			strings.HasPrefix(e.section, "project.optional-dependencies"), e.section == "dependency-groups", e.section == "build-system" && e.key == "requires":
			for _, s := range e.strings {
				d := requirement(s.text)
				d.Line, d.Dev = s.line, e.section != "project"
				f.Dependencies = append(f.Dependencies, d)
			}
		case e.section == "tool.poetry.dependencies" || e.section == "tool.poetry.dev-dependencies" || strings.HasPrefix(e.section, "tool.poetry.group.") && strings.HasSuffix(e.section, ".dependencies"):
			if e.key == "python" {
				continue
			}
			d := e.dependency()
			d.Name, d.Dev = pypiName(d.Name), e.section != "tool.poetry.dependencies"
			f.Dependencies = append(f.Dependencies, d)
		case (e.section == "tool.poetry.source" || e.section == "tool.uv.index" || e.section == "tool.pdm.source") && e.key == "url":
			if url := e.text(); strings.TrimSuffix(url, "/") != "https://pypi.org/simple" {
				f.Registries = append(f.Registries, Registry{url, e.line})
			}
		}
	}
	return f, nil
}
