package checks

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"custody/internal/config/yaml"
	"custody/internal/finding"
)

//go:embed */def.yaml
var definitions embed.FS

// A Definition is a check's def.yaml: what people read of it, and what the frame needs.
type Definition struct {
	// ID is the name of the check's folder.
	ID string
	// Version is raised whenever the same change may get another answer; packs record it.
	Version int `yaml:"version,required"`
	// Title is what holds when the check is satisfied.
	Title string `yaml:"title,required"`
	// Why is what goes wrong without it.
	Why string `yaml:"why,required"`
	// Looks is what it looks at, and how.
	Looks string `yaml:"looks,required"`
	// Misses is what it does not see, and what it finds wrongly.
	Misses string `yaml:"misses,required"`
	// Remedy is what to do about a finding.
	Remedy string `yaml:"remedy,required"`
	// Severity is the level of findings whose rule says nothing else.
	Severity finding.Level `yaml:"severity,required"`
	// Unit is what it counts, one of them: "added line".
	Unit string `yaml:"unit,required"`
	// Nothing is why it is not applicable where there is none.
	Nothing string `yaml:"nothing,required"`
	// Rules are its own rules, each named in findings.
	Rules []Rule `yaml:"rules"`
	// Maps are the controls to which it gives evidence.
	Maps []Map `yaml:"maps"`
}

// A Rule is one thing that a check looks for.
type Rule struct {
	ID     string        `yaml:"id,required"`
	Title  string        `yaml:"title,required"`
	Level  finding.Level `yaml:"level,required"`
	Remedy string        `yaml:"remedy"`
}

// A Map is one control of an outside framework.
type Map struct {
	Framework string `yaml:"framework,required"`
	ID        string `yaml:"id,required"`
}

func (d *Definition) rule(id string) *Rule {
	for i := range d.Rules {
		if d.Rules[i].ID == id {
			return &d.Rules[i]
		}
	}
	return nil
}

// IDs names the checks, sorted.
var IDs = sync.OnceValue(func() []string {
	entries, err := fs.ReadDir(definitions, ".")
	if err != nil {
		panic(err) // the embedded files are the program's own
	}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Name())
	}
	return ids
})

// Definitions are those of all checks, sorted by id. They are read when first needed.
var Definitions = sync.OnceValue(func() []Definition {
	var all []Definition
	for _, id := range IDs() {
		d, err := define(id)
		if err != nil {
			panic(err)
		}
		all = append(all, d)
	}
	return all
})

// Define finds a definition by id; nil for one that does not exist.
func Define(id string) *Definition {
	all := Definitions()
	for i := range all {
		if all[i].ID == id {
			return &all[i]
		}
	}
	return nil
}

func define(id string) (Definition, error) {
	d := Definition{ID: id}
	name := path.Join(id, "def.yaml")
	src, err := definitions.ReadFile(name)
	if err != nil {
		return d, fmt.Errorf("reading the definition of check %s: %w", id, err)
	}
	doc, err := yaml.Parse(name, src)
	if err == nil {
		err = doc.Decode(&d)
	}
	if err != nil {
		return d, fmt.Errorf("the definition of check %s: %w", id, err)
	}
	return d, nil
}
