package impact

import (
	"encoding/binary"
	"math"
	"slices"

	"custody/impact/lang"
	"custody/impact/wire"
	"custody/internal/parallel"
)

// A goNameWriter writes down who takes the names of Go packages: see mention_go.go. All of
// it follows from what a mentionWriter has written.
type goNameWriter struct {
	*mentionWriter
	bits  uint32   // of a hash, that choose its bucket
	units []uint32 // by number: the unit of its file and one more; 0: none

	definitions []byte // of all folders
	names       []byte
	takers      []byte
	members     []byte
	memberOf    map[lang.NameHash]uint32
	specs       []byte // what goes behind the texts
}

// goNames gives the sections of it, nothing where there is no Go; ok is false when
// something is too large for them.
func (w *mentionWriter) goNames(bits uint32) (x *goNameWriter, ok bool) {
	x = &goNameWriter{mentionWriter: w, bits: bits, memberOf: map[lang.NameHash]uint32{}}
	folders := x.folders()
	if len(folders.order) == 0 {
		return x, true
	}
	numbers := int(w.firsts[len(w.from)])
	x.definitions = slices.Repeat([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, numbers)
	y := &goNameWriter{mentionWriter: w, bits: bits, units: x.units, definitions: x.definitions, memberOf: map[lang.NameHash]uint32{}}
	x.names, y.names = make([]byte, 0, goNameRow*numbers), make([]byte, 0, goNameRow*numbers/2)
	x.takers, y.takers = make([]byte, 0, len(w.mentions)/2), make([]byte, 0, len(w.mentions)/4)
	first, second := folders.halves(w.firsts)
	parallel.Do(func() { x.each(first) }, func() { y.each(second) })
	x.join(y, second)
	w.texts = append(w.texts, x.specs...)
	return x, len(x.takers)/4 < math.MaxInt32 && len(w.texts) < math.MaxInt32
}

func (x *goNameWriter) each(folders goFolders) {
	for _, p := range folders.order {
		x.folder(p, folders.files[p])
	}
}

// join takes over what y wrote of the folders behind its own, as if it had written it.
func (x *goNameWriter) join(y *goNameWriter, folders goFolders) {
	add := func(b []byte, n int) { binary.LittleEndian.PutUint32(b, wire.Uint32(b)+uint32(n)) }
	names, takers, specs := len(x.names)/goNameRow, len(x.takers)/4, len(x.specs)
	for at := 0; at < len(y.names); at += goNameRow {
		add(y.names[at:], takers)
	}
	members := make([]uint32, len(y.members)/goMemberRow)
	for i := range members {
		row := y.members[i*goMemberRow:][:goMemberRow]
		h := lang.NameHash(wire.Uint32(row))
		n, ok := x.memberOf[h]
		if !ok {
			n = uint32(len(x.members) / goMemberRow)
			x.memberOf[h] = n
			x.members = append(x.members, row...)
		}
		members[i] = n
	}
	for _, p := range folders.order {
		if row := x.files[p*mentionFileRow:]; wire.Uint32(row[12:])&goFolderImported != 0 {
			add(row[4:], specs)
		}
		for _, n := range folders.files[p] {
			for number := x.firsts[n] + 1; number < x.firsts[n+1]; number++ {
				d := x.definitions[number*goDefinitionRow:]
				if wire.Uint32(d) != math.MaxUint32 {
					add(d, names)
				}
				switch member := wire.Uint32(d[4:]); {
				case member == math.MaxUint32:
				case d[9]&definitionExported != 0:
					binary.LittleEndian.PutUint32(d[4:], members[member])
				default:
					add(d[4:], names)
				}
			}
		}
	}
	x.names, x.takers, x.specs = append(x.names, y.names...), append(x.takers, y.takers...), append(x.specs, y.specs...)
}

type goFolders struct {
	order []int32           // packages, ascending
	files map[int32][]int32 // theirs, ascending
}

// halves are two parts with about as many definitions.
func (f goFolders) halves(firsts []uint32) (first, second goFolders) {
	all, i := int(firsts[len(firsts)-1]), 0
	for found := 0; i < len(f.order) && found < all/2; i++ {
		for _, n := range f.files[f.order[i]] {
			found += int(firsts[n+1] - firsts[n])
		}
	}
	return goFolders{f.order[:i], f.files}, goFolders{f.order[i:], f.files}
}

func (x *goNameWriter) folders() goFolders {
	f := goFolders{files: map[int32][]int32{}}
	for n := range x.from {
		folder := int32(wire.Uint32(x.files[n*mentionFileRow+8:]))
		if folder < 0 {
			continue
		}
		if x.units == nil {
			x.units = make([]uint32, x.firsts[len(x.from)])
		}
		for number := x.firsts[n]; number < x.firsts[n+1]; number++ {
			x.units[number] = x.unit(int32(n)) + 1
		}
		if f.files[folder] == nil {
			f.order = append(f.order, folder)
		}
		f.files[folder] = append(f.files[folder], int32(n))
	}
	slices.Sort(f.order)
	return f
}

func (x *goNameWriter) unit(n int32) uint32  { return wire.Uint32(x.files[n*mentionFileRow+4:]) }
func (x *goNameWriter) flags(n int32) uint32 { return wire.Uint32(x.files[n*mentionFileRow+12:]) }

// folder writes what the files of one folder define.
func (x *goNameWriter) folder(p int32, files []int32) {
	spec, single := x.importedAs(p)
	lowest, highest := x.firsts[files[0]], x.firsts[files[len(files)-1]+1]-1
	qualifier := lang.GoQualifierOf(spec)
	type key struct {
		unit  uint32
		hash  lang.NameHash // a member's is another one than a name's
		again uint32        // for another name of the same hash
	}
	type known struct {
		number uint32
		member bool
		text   []byte
	}
	names := map[key]known{}
	name := func(unit uint32, member bool, text []byte) uint32 {
		h := lang.HashName(text)
		if member {
			h = lang.GoMember(string(text))
		}
		k := key{unit: unit, hash: h}
		for ; ; k.again++ {
			same, ok := names[k]
			if !ok {
				break
			}
			if same.member == member && string(same.text) == string(text) {
				return same.number
			}
		}
		n := uint32(len(x.names) / goNameRow)
		names[k] = known{n, member, text}
		at := uint32(len(x.takers) / 4)
		x.inUnit(h, unit, lowest, highest)
		inside := uint32(len(x.takers)/4) - at
		outer := lang.NameHash(0)
		if !member && isExportedGo(text) {
			inside |= goNameExported
			if single {
				inside |= goNameListed
				outer = qualifier.Name(string(text))
				start, stop := x.find(outer)
				for i := start; i < stop; i++ {
					x.take(wire.Uint32(x.mentions[4*i:]) >> mentionFlagBits)
				}
			}
		}
		outside := uint32(len(x.takers)/4) - at - inside&goNameCount
		for _, v := range []uint32{at, inside, outside, uint32(outer)} {
			x.names = wire.AppendUint32(x.names, v)
		}
		return n
	}
	for _, n := range files {
		for number := x.firsts[n] + 1; number < x.firsts[n+1]; number++ {
			row := x.rows[number*mentionRow:]
			at := wire.Uint32(row)
			text := x.texts[at : at+uint32(binary.LittleEndian.Uint16(row[4:]))]
			base, member := cutMemberOf(text)
			d := x.definitions[number*goDefinitionRow:]
			if isGoSubject(base) {
				binary.LittleEndian.PutUint32(d, name(x.unit(n), false, base))
			}
			flags := row[7] & (definitionExported | definitionRuns)
			switch {
			case len(member) > 0 && flags&definitionExported != 0:
				flags |= goDefinitionMethod
				binary.LittleEndian.PutUint32(d[4:], x.member(member))
			case len(member) > 0:
				flags |= goDefinitionMethod
				binary.LittleEndian.PutUint32(d[4:], name(x.unit(n), true, member))
			case string(text) == "TestMain":
				flags |= goDefinitionTestMain
			}
			d[8], d[9] = row[6], flags
		}
	}
}

// importedAs is the path under which all importers of a package name it, empty where there
// are none. single is false where that does not tell who names what of it; then each name is
// looked for by all of its paths when it is asked for. Both are written to the package's row.
func (x *goNameWriter) importedAs(p int32) (spec string, single bool) {
	g, single, found := x.graph, true, false
	for _, e := range g.into.of(p) {
		edge := &g.edges[e]
		if edge.Kind != Imports {
			continue
		}
		switch detail := edge.Evidence.Detail; {
		case found && detail != spec, unreadableSpec(detail), x.flags(edge.From)&mentionKnown == 0:
			single = false
		default:
			spec, found = detail, true
		}
	}
	if start, stop := x.find(lang.GoQualifierOf(spec).Name("*")); found && start < stop {
		single = false // somebody imports it with a dot
	}
	row := x.files[p*mentionFileRow:]
	flags := uint32(bit(single)) * goFolderSingle
	if single && found {
		flags |= goFolderImported
		binary.LittleEndian.PutUint32(row[4:], uint32(len(x.texts)+len(x.specs)))
		flags |= uint32(len(spec)) << goFolderFlagBits
		x.specs = append(x.specs, spec...)
	}
	binary.LittleEndian.PutUint32(row[12:], flags)
	return spec, single && found
}

// member is the number of the name of an exported method.
func (x *goNameWriter) member(name []byte) uint32 {
	h := lang.GoMember(string(name))
	n, ok := x.memberOf[h]
	if !ok {
		n = uint32(len(x.members) / goMemberRow)
		x.memberOf[h] = n
		start, stop := x.find(h)
		for _, v := range []uint32{uint32(h), uint32(start), uint32(stop)} {
			x.members = wire.AppendUint32(x.members, v)
		}
	}
	return n
}

// inUnit writes what mentions a name in the files of a unit, all of whose numbers are among
// those from lowest to highest.
func (x *goNameWriter) inUnit(h lang.NameHash, unit, lowest, highest uint32) {
	start, stop := x.find(h)
	for low, high := start, stop; low < high; {
		middle := (low + high) / 2
		if wire.Uint32(x.mentions[4*middle:])>>mentionFlagBits < lowest {
			low = middle + 1
		} else {
			high = middle
		}
		start = low
	}
	for ; start < stop; start++ {
		number := wire.Uint32(x.mentions[4*start:]) >> mentionFlagBits
		if number > highest {
			return
		}
		if x.units[number] == unit+1 {
			x.take(number)
		}
	}
}

// take writes that a number mentions a name, and what it is.
func (x *goNameWriter) take(number uint32) {
	as := uint32(takerOther)
	switch lang.DefinitionKind(x.rows[number*mentionRow+6]) {
	case lang.Type:
		as = takerType
	case lang.Interface:
		as = takerInterface
	}
	x.takers = wire.AppendUint32(x.takers, number<<mentionFlagBits|as)
}

// find is where the mentions of a name stand.
func (x *goNameWriter) find(h lang.NameHash) (start, stop int) {
	b := int(uint64(h) >> (32 - x.bits))
	at, end := int(wire.Uint32(x.buckets[4*b:])), int(wire.Uint32(x.buckets[4*b+4:]))
	for ; at < end; at++ {
		row := x.mentionWriter.names[at*mentionNameRow:]
		switch is := lang.NameHash(wire.Uint32(row)); {
		case is == h:
			return int(wire.Uint32(row[4:])), int(wire.Uint32(row[mentionNameRow+4:]))
		case is > h:
			return 0, 0
		}
	}
	return 0, 0
}

func cutMemberOf(name []byte) (base, member []byte) {
	for i := range name {
		if name[i] == '.' {
			return name[:i], name[i+1:]
		}
	}
	return name, nil
}
