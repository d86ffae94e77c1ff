package cache

import (
	"errors"
	"math"

	"custody/impact"
	"custody/impact/lang"
	"custody/impact/wire"
)

// A record is one impact.Fact. Integers are uvarints, strings and lists have their
// length in front:
//
//	flags (1 generated, 2 damaged), size, package, types[], imports[]
//
// and an import is: kind, level, line, spec, names[]. There is one encoding of each fact,
// and decode accepts no other.
const (
	flagGenerated = 1 << iota
	flagDamaged
)

// appendRecord encodes f; ok is false for a fact that no extractor makes, such as one
// with a negative line.
func appendRecord(b []byte, f *impact.Fact) (_ []byte, ok bool) {
	var flags byte
	if f.Generated {
		flags |= flagGenerated
	}
	if f.Damaged {
		flags |= flagDamaged
	}
	if f.Size < 0 {
		return b, false
	}
	b = append(b, flags)
	b = wire.AppendUint(b, uint64(f.Size))
	b = wire.AppendString(b, f.Package)
	b = wire.AppendStrings(b, f.Types)
	b = wire.AppendUint(b, uint64(len(f.Imports)))
	for _, imp := range f.Imports {
		if imp.Level < 0 || imp.Level > math.MaxInt32 || imp.Line < 0 || imp.Line > math.MaxInt32 {
			return b, false
		}
		b = append(b, byte(imp.Kind))
		b = wire.AppendUint(b, uint64(imp.Level))
		b = wire.AppendUint(b, uint64(imp.Line))
		b = wire.AppendString(b, imp.Spec)
		b = wire.AppendStrings(b, imp.Names)
	}
	return b, true
}

var errRecord = errors.New("record is malformed")

// decodeRecord reads what appendRecord wrote, to the last byte. Its strings are parts of
// data. An empty list comes back as nil.
func decodeRecord(data string) (*impact.Fact, error) {
	d := wire.Decoder{Rest: data}
	flags := d.Byte()
	f := &impact.Fact{Size: int64(d.Uint(math.MaxInt64))}
	f.Generated = flags&flagGenerated != 0
	f.Damaged = flags&flagDamaged != 0
	f.Package = d.String()
	f.Types = d.Strings()
	const leastImport = 5 // bytes
	if n := d.Count(leastImport); n > 0 {
		f.Imports = make([]lang.Import, n)
	}
	for i := range f.Imports {
		imp := &f.Imports[i]
		imp.Kind = lang.ImportKind(d.Byte())
		imp.Level = int(d.Uint(math.MaxInt32))
		imp.Line = int(d.Uint(math.MaxInt32))
		imp.Spec = d.String()
		imp.Names = d.Strings()
	}
	if d.Bad || d.Rest != "" || flags&^(flagGenerated|flagDamaged) != 0 {
		return nil, errRecord
	}
	return f, nil
}
