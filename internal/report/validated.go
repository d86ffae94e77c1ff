package report

import (
	"errors"
	"fmt"
	"io"

	"custody/internal/config/yaml"
	"custody/internal/finding"
)

// Validated is the document custody/config-check/v1: whether files that judge can be
// read.
type Validated struct {
	Schema  string          `json:"schema"`
	Outcome finding.Outcome `json:"outcome"` // Satisfied: all of them can
	Files   []ValidFile     `json:"files"`
}

// ValidatedSchema is the value of Validated.Schema.
const ValidatedSchema = "custody/config-check/v1"

// A ValidFile is one file, and what it holds or what is wrong with it.
type ValidFile struct {
	File    string      `json:"file"`
	Outcome string      `json:"outcome"` // "valid", "invalid", "absent"
	Holds   string      `json:"holds,omitempty"`
	Notes   []string    `json:"notes"` // what is valid and will have no effect
	Errors  []FileError `json:"errors"`
}

// A FileError is what is wrong, where, and what would be right.
type FileError struct {
	Line    int    `json:"line,omitempty"` // from 1; absent: the whole file
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Valid adds a file that can be read.
func (d *Validated) Valid(file, holds string, notes ...string) {
	d.Files = append(d.Files, ValidFile{file, "valid", holds, append([]string{}, notes...), []FileError{}})
}

// Absent adds a file that is named and not there.
func (d *Validated) Absent(file, means string) {
	d.Files = append(d.Files, ValidFile{file, "absent", "", []string{means}, []FileError{}})
}

// Invalid adds a file that can not be read.
func (d *Validated) Invalid(file string, err error) {
	e := FileError{Message: err.Error()}
	var at *yaml.Error
	if errors.As(err, &at) {
		e = FileError{at.Line, at.Column, at.Message, at.Hint}
	}
	d.Files = append(d.Files, ValidFile{file, "invalid", "", []string{}, []FileError{e}})
}

// Close fills in what follows from the files.
func (d *Validated) Close() {
	d.Schema, d.Outcome = ValidatedSchema, finding.Satisfied
	for _, f := range d.Files {
		if f.Outcome == "invalid" {
			d.Outcome = finding.NotSatisfied
		}
	}
}

// WriteText prints a line a file, and its notes. What is invalid is the error of the
// command.
func (d Validated) WriteText(w io.Writer) error {
	var err error
	for _, f := range d.Files {
		switch f.Outcome {
		case "valid":
			_, err = fmt.Fprintf(w, "%s can be read: %s\n", f.File, f.Holds)
		case "absent":
			_, err = fmt.Fprintf(w, "%s is not there: %s\n", f.File, f.Notes[0])
			continue
		}
		for _, n := range f.Notes {
			_, err = fmt.Fprintf(w, "  %s\n", n)
		}
	}
	return err
}
