package manifest

import (
	"fmt"
	"strings"
)

// yarnLock reads both the old form and the one that is YAML: an entry begins in the first
// column, its fields are indented.
func yarnLock(src []byte) (*File, error) {
	f := &File{}
	var d *Dependency
	err := lines(src, func(n int, line string) error {
		if line == "" || strings.HasPrefix(line, "#") {
			return nil
		}
		if line[0] != ' ' {
			d = nil
			head := strings.TrimSuffix(line, ":")
			if head == line {
				return fmt.Errorf("line %d: an entry without a colon", n)
			}
			first, _, _ := strings.Cut(head, ", ")
			first = strings.Trim(first, `" `)
			if first == "__metadata" {
				return nil
			}
			at := strings.LastIndex(first, "@")
			if i := strings.Index(first[min(1, len(first)):], "@"); i >= 0 {
				at = i + 1
			}
			if at <= 0 {
				return fmt.Errorf("line %d: an entry without a version", n)
			}
			name, wanted := first[:at], first[at+1:]
			wanted = strings.TrimPrefix(wanted, "npm:")
			if strings.HasPrefix(wanted, "workspace:") {
				return nil // one of the project's own
			}
			f.Dependencies = append(f.Dependencies, Dependency{Name: name, Source: npmSource(wanted), Indirect: true, Line: n})
			d = &f.Dependencies[len(f.Dependencies)-1]
			return nil
		}
		if d == nil || strings.HasPrefix(line, "   ") {
			return nil
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		value = strings.Trim(value, `"`)
		switch strings.TrimSuffix(key, ":") {
		case "version":
			d.Version = value
		case "resolved":
			if s := resolved(value); s != "" {
				d.Source = s
			}
		case "integrity", "checksum":
			d.Integrity = value
		}
		return nil
	})
	return f, err
}

// pnpmLock reads the section packages: entries are indented by two, their fields by four.
func pnpmLock(src []byte) (*File, error) {
	f := &File{}
	in, any := false, false
	var d *Dependency
	err := lines(src, func(n int, line string) error {
		if line == "" || strings.HasPrefix(line, "#") {
			return nil
		}
		if line[0] != ' ' {
			in = strings.HasPrefix(line, "packages:")
			any = any || strings.HasPrefix(line, "lockfileVersion")
			d = nil
			return nil
		}
		if !in {
			return nil
		}
		if strings.HasPrefix(line, "  ") && len(line) > 2 && line[2] != ' ' {
			key := strings.Trim(strings.TrimSuffix(strings.TrimSpace(line), ":"), `'"`)
			key, _, _ = strings.Cut(strings.TrimPrefix(key, "/"), "(")
			at := strings.Index(key[min(1, len(key)):], "@") + 1 // behind it an address may have one of its own
			if at <= 0 {
				at = strings.LastIndex(key, "/") // the form of version 5: /name/1.0.0
			}
			if at <= 0 {
				d = nil
				return nil
			}
			f.Dependencies = append(f.Dependencies, Dependency{Name: key[:at], Version: key[at+1:], Source: source(key[at+1:]), Indirect: true, Line: n})
			d = &f.Dependencies[len(f.Dependencies)-1]
			return nil
		}
		if d != nil && strings.HasPrefix(line, "    resolution:") {
			inside := strings.Trim(strings.TrimSpace(strings.TrimPrefix(line, "    resolution:")), "{}")
			for _, part := range strings.Split(inside, ",") {
				k, v, _ := strings.Cut(strings.TrimSpace(part), ": ")
				switch k {
				case "integrity":
					d.Integrity = v
				case "tarball", "repo":
					d.Source = resolved(v)
				}
			}
		}
		return nil
	})
	if err == nil && !any {
		err = fmt.Errorf("no lockfileVersion")
	}
	return f, err
}

func npmrc(src []byte) (*File, error) {
	f := &File{}
	err := lines(src, func(n int, line string) error {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			return nil
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			key, value, _ = strings.Cut(line, " ")
		}
		key, value = strings.Trim(strings.TrimSpace(key), `"`), strings.Trim(strings.TrimSpace(value), `"`)
		if (key == "registry" || strings.HasSuffix(key, ":registry")) && value != "" && value+"/" != npmRegistry && value != npmRegistry {
			f.Registries = append(f.Registries, Registry{value, n})
		}
		return nil
	})
	return f, err
}
