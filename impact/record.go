package impact

import (
	"encoding/binary"
	"errors"
	"math"

	"custody/impact/lang"
	"custody/impact/wire"
)

// A record is one Fact. Integers are uvarints, strings and lists have their
// length in front:
//
//	flags (1 generated, 2 damaged, 4 partial, 8 tagged, 16 sketched), size, package, types[], imports[],
//	rest (16 bytes), names in all mentions, mentions, definitions[], exports[], bound[]
//
// An import is: kind, level, line, spec, names[]. A definition is: name, kind, flags (1
// exported, 2 runs, the shape in those above), start, lines, signature and body (16 bytes each), mentions. Where the
// facts are sketched, there is no rest, signature and body. An export is: name, as, import.
// A bound name is: local and name (4 bytes each), import. Mentions are their number and 4
// bytes for each, little-endian,
// ascending. There is one encoding of each fact, and decode accepts no other.
const (
	flagGenerated = 1 << iota
	flagDamaged
	flagPartial
	flagTagged
	flagSketched
)

// leastDefinition is how many bytes the encoding of a definition has at least.
func leastDefinition(f *lang.Facts) int {
	if f.Sketched {
		return 6
	}
	return 6 + 2*len(lang.Digest{})
}

const (
	flagExported = 1 << iota
	flagRuns
	shapeShift = iota
)

// AppendRecord encodes f; ok is false for a fact that no extractor makes, such as one
// with a negative line.
func AppendRecord(b []byte, f *Fact) (_ []byte, ok bool) {
	var flags byte
	if f.Generated {
		flags |= flagGenerated
	}
	if f.Damaged {
		flags |= flagDamaged
	}
	if f.Partial {
		flags |= flagPartial
	}
	if f.Tagged {
		flags |= flagTagged
	}
	if f.Sketched {
		flags |= flagSketched
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
	if !f.Sketched {
		b = append(b, f.Rest[:]...)
	}
	if f.packed != "" {
		b = append(b, f.packed...)
	} else if b, ok = appendSymbols(b, &f.Facts); !ok {
		return b, false
	}
	b = wire.AppendUint(b, uint64(len(f.Exports)))
	for _, e := range f.Exports {
		if e.Import < 0 || e.Import > math.MaxInt32 {
			return b, false
		}
		b = wire.AppendString(b, e.Name)
		b = wire.AppendString(b, e.As)
		b = wire.AppendUint(b, uint64(e.Import))
	}
	b = wire.AppendUint(b, uint64(len(f.Bound)))
	for _, n := range f.Bound {
		if n.Import < 0 || n.Import > math.MaxInt32 {
			return b, false
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(n.Local))
		b = binary.LittleEndian.AppendUint32(b, uint32(n.Name))
		b = wire.AppendUint(b, uint64(n.Import))
	}
	return b, true
}

// appendSymbols encodes what the file defines, and what it mentions.
func appendSymbols(b []byte, f *lang.Facts) (_ []byte, ok bool) {
	total := len(f.Mentions)
	for i := range f.Definitions {
		total += len(f.Definitions[i].Mentions)
	}
	b = wire.AppendUint(b, uint64(total))
	b = appendMentions(b, f.Mentions)
	b = wire.AppendUint(b, uint64(len(f.Definitions)))
	for i := range f.Definitions {
		d := &f.Definitions[i]
		if d.Start < 0 || d.End < d.Start || d.End > math.MaxInt32 {
			return b, false
		}
		var flags byte
		if d.Exported {
			flags |= flagExported
		}
		if d.Runs {
			flags |= flagRuns
		}
		if d.Shape >= 1<<lang.ShapeBits {
			return b, false
		}
		flags |= byte(d.Shape) << shapeShift
		b = wire.AppendString(b, d.Name)
		b = append(b, byte(d.Kind), flags)
		b = wire.AppendUint(b, uint64(d.Start))
		b = wire.AppendUint(b, uint64(d.End-d.Start))
		if !f.Sketched {
			b = append(b, d.Signature[:]...)
			b = append(b, d.Body[:]...)
		}
		b = appendMentions(b, d.Mentions)
	}
	return b, true
}

func appendMentions(b []byte, names []lang.NameHash) []byte {
	b = wire.AppendUint(b, uint64(len(names)))
	for _, n := range names {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return b
}

var errRecord = errors.New("record is malformed")

// DecodeRecord reads what AppendRecord wrote, to the last byte. Its strings are parts of
// data. An empty list comes back as nil.
func DecodeRecord(data string) (*Fact, error) {
	d := wire.Decoder{Rest: data}
	flags := d.Byte()
	f := &Fact{Size: int64(d.Uint(math.MaxInt64))}
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
	f.Partial = flags&flagPartial != 0
	f.Tagged = flags&flagTagged != 0
	if f.Sketched = flags&flagSketched != 0; !f.Sketched {
		copy(f.Rest[:], d.Take(len(f.Rest)))
	}
	decodeSymbols(&d, &f.Facts)
	if n := d.Count(3); n > 0 {
		f.Exports = make([]lang.Export, n)
	}
	for i := range f.Exports {
		f.Exports[i] = lang.Export{Name: d.String(), As: d.String(), Import: int(d.Uint(math.MaxInt32))}
	}
	const leastBound = 9 // bytes
	if n := d.Count(leastBound); n > 0 {
		f.Bound = make([]lang.Bound, n)
	}
	for i := range f.Bound {
		if names := d.Take(8); len(names) == 8 {
			f.Bound[i] = lang.Bound{Local: lang.NameHash(wire.Uint32([]byte(names[:4]))), Name: lang.NameHash(wire.Uint32([]byte(names[4:]))), Import: int(d.Uint(math.MaxInt32))}
		}
	}
	if d.Bad || d.Rest != "" || flags&^(flagGenerated|flagDamaged|flagPartial|flagTagged|flagSketched) != 0 {
		return nil, errRecord
	}
	return f, nil
}

// pack encodes what the file defines and mentions. Of a whole tree that takes a third of
// the memory, and has no pointers for the garbage collector to follow. scratch is memory to
// work in.
func (f *Fact) pack(scratch []byte) []byte {
	b, ok := appendSymbols(scratch[:0], &f.Facts)
	if ok {
		f.packed = string(b)
		f.Definitions, f.Mentions = nil, nil
	}
	return b
}

// unpacked is the fact with its definitions and mentions.
func (f *Fact) unpacked() *Fact {
	if f.packed == "" {
		return f
	}
	whole := *f
	whole.packed = ""
	decodeSymbols(&wire.Decoder{Rest: f.packed}, &whole.Facts)
	return &whole
}

// counts says how many definitions and mentions it has, and imports of Go that count as
// mentions.
func (f *Fact) counts() (definitions, mentions int) {
	if f.packed == "" {
		mentions = len(f.Mentions) + len(f.Imports)
		for i := range f.Definitions {
			mentions += len(f.Definitions[i].Mentions)
		}
		return len(f.Definitions), mentions
	}
	d := wire.Decoder{Rest: f.packed}
	mentions = d.Count(4) + len(f.Imports)
	d.Take(4 * d.Count(4))
	return d.Count(leastDefinition(&f.Facts)), mentions
}

// eachDefinition calls fn for the definitions, without their digests and mentions, of a packed
// one without their names either, which are given besides.
func (f *Fact) eachDefinition(fn func(d *lang.Definition, name string)) {
	if f.packed == "" {
		for i := range f.Definitions {
			fn(&f.Definitions[i], f.Definitions[i].Name)
		}
		return
	}
	var def lang.Definition
	f.walkPacked(func(string) {}, func(d packedDefinition) {
		def.Kind, def.Exported, def.Runs, def.Start = d.kind, d.flags&flagExported != 0, d.flags&flagRuns != 0, d.start
		def.Shape = lang.Shape(d.flags >> shapeShift)
		fn(&def, d.name)
	})
}

// eachMention calls fn for what the code outside of definitions mentions, with 0, then behind,
// then fn for what each definition does, with its place, from 1.
func (f *Fact) eachMention(behind func(), fn func(name lang.NameHash, def uint32)) {
	if f.packed == "" {
		for _, name := range f.Mentions {
			fn(name, 0)
		}
		behind()
		for i := range f.Definitions {
			for _, name := range f.Definitions[i].Mentions {
				fn(name, uint32(i)+1)
			}
		}
		return
	}
	def := uint32(0)
	each := func(names string) {
		for ; len(names) >= 4; names = names[4:] {
			fn(lang.NameHash(uint32(names[0])|uint32(names[1])<<8|uint32(names[2])<<16|uint32(names[3])<<24), def)
		}
	}
	f.walkPacked(func(names string) {
		each(names)
		behind()
	}, func(d packedDefinition) {
		def++
		each(d.names)
	})
}

// A packedDefinition is one as appendSymbols wrote it.
type packedDefinition struct {
	name  string
	kind  lang.DefinitionKind
	flags byte
	start int
	names string // mentioned, 4 bytes each
}

// walkPacked goes through what pack wrote, without memory for it.
func (f *Fact) walkPacked(loose func(names string), fn func(packedDefinition)) {
	d := wire.Decoder{Rest: f.packed}
	d.Count(4)
	loose(d.Take(4 * d.Count(4)))
	for range d.Count(leastDefinition(&f.Facts)) {
		def := packedDefinition{name: d.String(), kind: lang.DefinitionKind(d.Byte()), flags: d.Byte(), start: int(d.Uint(math.MaxInt32))}
		d.Uint(math.MaxInt32)
		if !f.Sketched {
			d.Take(2 * len(lang.Digest{}))
		}
		def.names = d.Take(4 * d.Count(4))
		fn(def)
	}
}

// decodeSymbols reads what the file defines and mentions.
func decodeSymbols(d *wire.Decoder, f *lang.Facts) {
	names := mentionsDecoder{Decoder: d, all: make([]lang.NameHash, d.Count(4))}
	f.Mentions = names.list()
	if n := d.Count(leastDefinition(f)); n > 0 {
		f.Definitions = make([]lang.Definition, n)
	}
	for i := range f.Definitions {
		def := &f.Definitions[i]
		def.Name = d.String()
		def.Kind = lang.DefinitionKind(d.Byte())
		flags := d.Byte()
		def.Exported, def.Runs, def.Shape = flags&flagExported != 0, flags&flagRuns != 0, lang.Shape(flags>>shapeShift)
		def.Start = int(d.Uint(math.MaxInt32))
		def.End = def.Start + int(d.Uint(uint64(math.MaxInt32-def.Start)))
		if !f.Sketched {
			copy(def.Signature[:], d.Take(len(def.Signature)))
			copy(def.Body[:], d.Take(len(def.Body)))
		}
		def.Mentions = names.list()
	}
	if len(names.all) > 0 {
		d.Fail() // fewer names than it said
	}
}

// A mentionsDecoder has room for the names in all mentions of a record.
type mentionsDecoder struct {
	*wire.Decoder
	all []lang.NameHash
}

func (m *mentionsDecoder) list() []lang.NameHash {
	n := m.Count(4)
	if n == 0 {
		return nil
	}
	if n > len(m.all) {
		m.Fail()
		return nil
	}
	names, data := m.all[:n:n], m.Take(4*n)
	if len(data) < 4*n {
		return nil
	}
	for i := range names {
		c := data[4*i : 4*i+4]
		names[i] = lang.NameHash(uint32(c[0]) | uint32(c[1])<<8 | uint32(c[2])<<16 | uint32(c[3])<<24)
		if i > 0 && names[i] <= names[i-1] {
			m.Fail()
			return nil
		}
	}
	m.all = m.all[n:]
	return names
}
