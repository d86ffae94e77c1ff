package commands

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// packageJSON finds the scripts that npm and the like run, by name or on their own when
// a package is installed.
func packageJSON(src []byte) ([]script, []problem) {
	scripts, err := jsonScripts(src)
	if err != nil {
		return nil, []problem{{1, bytes.Count(src, []byte("\n")) + 1, "not JSON that can be read"}}
	}
	return scripts, nil
}

var errJSON = errors.New("not an object")

func jsonScripts(src []byte) ([]script, error) {
	if !json.Valid(src) { // it bounds nesting, too
		return nil, errJSON
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errJSON
	}
	var scripts []script
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		if key != "scripts" {
			var skip json.RawMessage
			if err := dec.Decode(&skip); err != nil {
				return nil, err
			}
			continue
		}
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		if t != json.Delim('{') {
			if d, ok := t.(json.Delim); ok && d == '[' {
				return nil, errJSON
			}
			continue
		}
		at, line := int64(0), 1
		for dec.More() {
			if _, err := dec.Token(); err != nil {
				return nil, err
			}
			var value any
			if err := dec.Decode(&value); err != nil {
				return nil, err
			}
			end := dec.InputOffset()
			line += bytes.Count(src[at:end], []byte("\n"))
			at = end
			if text, ok := value.(string); ok {
				lines := make([]int, strings.Count(text, "\n")+1)
				for i := range lines {
					lines[i] = line
				}
				scripts = append(scripts, script{text: text, lines: lines, dialect: syntax.LangBash})
			}
		}
		if _, err := dec.Token(); err != nil {
			return nil, err
		}
	}
	return scripts, nil
}
