package manifest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// gemfile reads the lines that name gems and where they come from.
func gemfile(src []byte) (*File, error) {
	f := &File{}
	dev := false
	err := lines(src, func(n int, line string) error {
		trimmed := strings.TrimSpace(line)
		word, rest, _ := strings.Cut(trimmed, " ")
		args := quotedParts(rest)
		switch word {
		case "group":
			dev = !strings.Contains(rest, "production") && (strings.Contains(rest, ":development") || strings.Contains(rest, ":test"))
		case "end":
			dev = false
		case "source":
			if len(args) > 0 && strings.TrimSuffix(args[0].text, "/") != "https://rubygems.org" {
				f.Registries = append(f.Registries, Registry{args[0].text, n})
			}
		case "gem":
			if len(args) == 0 {
				return nil
			}
			d := Dependency{Name: args[0].text, Line: n, Dev: dev}
			for _, a := range args[1:] {
				switch a.key {
				case "":
					d.Version = strings.TrimSpace(d.Version + " " + a.text)
				case "git", "github", "gitlab", "source", "bitbucket":
					d.Source = a.text
					if a.key == "github" {
						d.Source = "github:" + a.text
					}
				case "path":
					d.Source = "./" + strings.TrimPrefix(a.text, "./")
				}
			}
			f.Dependencies = append(f.Dependencies, d)
		}
		return nil
	})
	return f, err
}

// quotedParts are the quoted texts of a line of Ruby, each with the key in front of it:
// github: "a/b" or :github => "a/b".
func quotedParts(s string) []tomlString {
	var out []tomlString
	word := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '#':
			return out
		case ',':
			word = i + 1
		case '"', '\'':
			n := strings.IndexByte(s[i+1:], c)
			if n < 0 {
				return out
			}
			key := strings.Trim(s[word:i], " :=>[(")
			if strings.ContainsAny(key, " ") {
				key = "?"
			}
			out = append(out, tomlString{key: key, text: s[i+1 : i+1+n]})
			i += n + 1
			word = i + 1
		}
	}
	return out
}

func gemfileLock(src []byte) (*File, error) {
	f := &File{}
	section, remote := "", ""
	err := lines(src, func(n int, line string) error {
		switch {
		case line == "":
		case line[0] != ' ':
			section, remote = line, ""
		case strings.HasPrefix(line, "  remote: "):
			remote = strings.TrimSpace(strings.TrimPrefix(line, "  remote: "))
			if section == "GEM" && strings.TrimSuffix(remote, "/") == "https://rubygems.org" {
				remote = ""
			}
		case (section == "GEM" || section == "GIT" || section == "PATH") && strings.HasPrefix(line, "    ") && len(line) > 4 && line[4] != ' ':
			name, version, _ := strings.Cut(strings.TrimSpace(line), " ")
			source := remote
			if section == "PATH" {
				source = "./" + strings.TrimPrefix(remote, "./")
			}
			f.Dependencies = append(f.Dependencies, Dependency{Name: name, Version: strings.Trim(version, "()"), Source: source, Indirect: true, Line: n})
		case section == "CHECKSUMS":
			name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			_, sum, ok := strings.Cut(rest, " ")
			for i := range f.Dependencies {
				if ok && f.Dependencies[i].Name == name {
					f.Dependencies[i].Integrity = sum
				}
			}
		}
		return nil
	})
	return f, err
}

func pom(src []byte) (*File, error) {
	dec := xml.NewDecoder(bytes.NewReader(src))
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	f := &File{}
	var path []string
	var d *Dependency
	url := 0
	line, at := 1, int64(0)
	var group string
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, fmt.Errorf("not XML that can be read: %w", err)
		}
		now := dec.InputOffset()
		line += bytes.Count(src[at:now], []byte("\n"))
		at = now
		switch t := t.(type) {
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) > maxDepth {
				return nil, errors.New("nested too deep")
			}
			if t.Name.Local == "dependency" || t.Name.Local == "plugin" || t.Name.Local == "extension" || t.Name.Local == "parent" {
				d, group = &Dependency{Line: line, Dev: t.Name.Local == "plugin"}, ""
			}
			if t.Name.Local == "url" && len(path) > 1 && (path[len(path)-2] == "repository" || path[len(path)-2] == "pluginRepository") && !contains(path, "distributionManagement") {
				url = line
			}
		case xml.CharData:
			text := strings.TrimSpace(string(t))
			if text == "" || len(path) == 0 {
				continue
			}
			if url > 0 {
				if !strings.HasPrefix(text, "https://repo.maven.apache.org/") && !strings.HasPrefix(text, "https://repo1.maven.org/") {
					f.Registries = append(f.Registries, Registry{text, url})
				}
				url = 0
			}
			if d == nil || contains(path, "exclusion") || contains(path, "configuration") {
				continue
			}
			switch path[len(path)-1] {
			case "groupId":
				group = text
			case "artifactId":
				d.Name, d.Line = text, line
			case "version":
				d.Version = text
			case "scope":
				d.Dev = d.Dev || text == "test"
			case "systemPath":
				d.Source = text
			}
		case xml.EndElement:
			if len(path) > 0 {
				path = path[:len(path)-1]
			}
			switch t.Name.Local {
			case "dependency", "plugin", "extension", "parent":
				if d != nil && d.Name != "" {
					if group != "" {
						d.Name = group + ":" + d.Name
					}
					f.Dependencies = append(f.Dependencies, *d)
				}
				d = nil
			}
		}
	}
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// configurations are those of Gradle that take dependencies.
var configurations = []string{"implementation", "api", "compile", "compileOnly", "runtimeOnly", "runtime", "testImplementation", "testCompile", "testRuntimeOnly", "annotationProcessor", "kapt", "ksp", "classpath", "developmentOnly", "testFixturesImplementation", "optional", "provided", "compileOnlyApi", "management"}

// gradle reads the lines of a build script that name a dependency as one text, and the
// addresses of its repositories. It is code: what it puts together is not known.
func gradle(src []byte) (*File, error) {
	f := &File{}
	comment := false
	err := lines(src, func(n int, line string) error {
		trimmed := strings.TrimSpace(line)
		if comment || strings.HasPrefix(trimmed, "/*") {
			comment = !strings.Contains(trimmed, "*/")
			return nil
		}
		if strings.HasPrefix(trimmed, "//") {
			return nil
		}
		end := strings.IndexAny(trimmed, "( ")
		if end < 0 {
			return nil
		}
		word := trimmed[:end]
		parts := quotedParts(strings.ReplaceAll(trimmed[end:], "//", "\x00"))
		if len(parts) == 0 {
			return nil
		}
		text := strings.ReplaceAll(parts[0].text, "\x00", "//")
		switch {
		case contains(configurations, word) && !strings.Contains(trimmed[end:], "project("):
			fields := strings.Split(text, ":")
			if len(fields) < 2 {
				return nil
			}
			d := Dependency{Name: fields[0] + ":" + fields[1], Line: n, Dev: strings.HasPrefix(word, "test")}
			if len(fields) > 2 {
				d.Version = fields[2]
			}
			f.Dependencies = append(f.Dependencies, d)
		case (word == "url" || word == "uri" || word == "maven" || word == "setUrl") && strings.Contains(text, "://"):
			f.Registries = append(f.Registries, Registry{text, n})
		}
		return nil
	})
	return f, err
}
