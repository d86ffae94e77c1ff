// Package document reads the files that a requirement's conditions are about (YAML, JSON,
// TOML, HCL) into plain values.
//
// They are other tools' files, hostile until shown otherwise: each is bounded in bytes,
// depth and values before and while it is read, nothing in it is expanded without a limit,
// looked up or run, and what is ambiguous (a key that stands twice) is refused. What can
// not be read is an error, never an empty document.
package document

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"

	"custody/internal/config/yaml"
	"custody/internal/control/cel"
)

// Limits of one file.
const (
	MaxBytes  = 1 << 20
	MaxYAML   = yaml.MaxBytes
	maxDepth  = 100
	maxValues = 200_000 // scalars, lists and mappings, aliases counted where they stand
)

// Formats are the extensions that are known, each with its reader.
var formats = map[string]func(src []byte) ([]cel.Value, error){
	".yaml": readYAML, ".yml": readYAML, ".json": readJSON, ".toml": readTOML,
	".tf": readHCL, ".hcl": readHCL, ".tfvars": readHCL,
}

// texts are what a message of a parser may quote of a file. A character is no secret.
var texts = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"(?:[^"\\]|\\.){2,}"|'(?:[^'\\]|\\.){2,}'|` + "`[^`]{2,}`")
})

// withoutTexts keeps out of an error what the file says there: what does not parse may be
// a password that lacks its quotes.
func withoutTexts(message string) string { return texts().ReplaceAllString(message, "(a text)") }

// Known says whether the file's name says which format it has.
func Known(name string) bool { return formats[strings.ToLower(path.Ext(name))] != nil }

// Extensions lists what Known knows, for messages.
const Extensions = ".yaml, .yml, .json, .toml, .tf, .tfvars and .hcl"

// Read returns the documents of a file: of YAML one or more, else exactly one. A parser
// that panics over its input is an error of the file.
func Read(name string, src []byte) (docs []cel.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			docs, err = nil, fmt.Errorf("it can not be parsed")
		}
	}()
	read := formats[strings.ToLower(path.Ext(name))]
	if read == nil {
		return nil, fmt.Errorf("its format is not known; known are %s", Extensions)
	}
	limit := MaxBytes
	if ext := strings.ToLower(path.Ext(name)); ext == ".yaml" || ext == ".yml" {
		limit = MaxYAML
	}
	if len(src) > limit {
		return nil, fmt.Errorf("it has %d bytes, over the limit of %d", len(src), limit)
	}
	if docs, err = read(src); err != nil {
		err = errors.New(withoutTexts(err.Error()))
	}
	if err == nil && len(docs) == 0 {
		err = fmt.Errorf("it holds no document")
	}
	return docs, err
}

// A budget bounds how much one file may become.
type budget struct{ values int }

func (b *budget) take(n, depth int) error {
	if b.values += n; b.values > maxValues {
		return fmt.Errorf("it holds more than %d values", maxValues)
	}
	if depth > maxDepth {
		return fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	return nil
}

// mapping collects the keys of a mapping and refuses one that stands twice.
type mapping struct{ keys, values []cel.Value }

func (m *mapping) add(k, v cel.Value) { m.keys, m.values = append(m.keys, k), append(m.values, v) }

func (m *mapping) value() (cel.Value, error) {
	v, err := cel.NewMapping(m.keys, m.values)
	if err != nil {
		return nil, err
	}
	return v, nil
}
