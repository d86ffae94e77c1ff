package review

import (
	"maps"
	"slices"
)

// KnownFields are the fields of which the table says what they hold.
func KnownFields() []string { return slices.Sorted(maps.Keys(contents())) }

// WithoutCutAddresses is what sentences become at last.
func WithoutCutAddresses(s string) string { return withoutCutAddresses(s) }
