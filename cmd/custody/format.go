package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// addFormat gives a command --format; the first of the names is the default.
func addFormat(cmd *cobra.Command, to *string, names ...string) {
	*to = names[0]
	cmd.Flags().Var(&choice{to, names}, "format", strings.Join(names, ", "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
}

// A choice is a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
}

func (c *choice) String() string { return *c.value }
func (c *choice) Type() string   { return "FORMAT" }

func (c *choice) Set(s string) error {
	if !slices.Contains(c.words, s) {
		return fmt.Errorf("use one of %s", strings.Join(c.words, ", "))
	}
	*c.value = s
	return nil
}

// writeJSON writes a document for machines: one line, no HTML escapes.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// write prints a document in the format that was asked for.
func write(p *process, format string, doc interface{ WriteText(io.Writer) error }) error {
	if format == "json" {
		return writeJSON(p.out, doc)
	}
	return doc.WriteText(p.out)
}
