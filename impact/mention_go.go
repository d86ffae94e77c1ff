package impact

import (
	"custody/impact/lang"
	"custody/impact/wire"
)

// Who takes the names of Go packages is written down with the graph, so that a change which
// reaches thousands of definitions looks none of their names up: it follows numbers. What a
// change makes of its own files stands beside it, in memory: see spread_kept.go. A name is
// what a unit (see spreadFile) defines under it, methods with their type. Four sections:
//
//	definitions  by number: name and member of it (MaxUint32: none), kind, flags (1 byte
//	             each), two free bytes. The member of an exported method is a row of members,
//	             that of another one a name of its unit, taken as ".name"
//	names        first of its takers, how many in its unit (and flags), how many behind
//	             those elsewhere, hash of the name that these mention
//	takers       numbers of what mentions a name, ascending, above two bits that say what it is
//	members      hash, first and last place in mentions
//
// The rows of packages among the files say under which path they are imported, if that is
// one and enough to know.
const (
	goDefinitionRow = 12
	goNameRow       = 16
	goMemberRow     = 12
)

// What stands below the number of a taker.
const (
	takerOther = iota
	takerType
	takerInterface
)

// Flags of a definition, besides definitionExported and definitionRuns.
const (
	goDefinitionMethod = 1 << (iota + 2)
	goDefinitionTestMain
)

// Flags of a name, above the number of its takers.
const (
	goNameExported = 1 << 31
	goNameListed   = 1 << 30 // who takes it elsewhere is written down
	goNameCount    = goNameListed - 1
)

// Flags of a package, below the length of its path.
const (
	goFolderSingle   = 1 << iota // its importers name it by one path, or there are none
	goFolderImported             // there are some
	goFolderFlagBits = iota
)

// A goDefinition is a row of definitions.
type goDefinition struct {
	name, member int32 // noGoName: none
	kind         lang.DefinitionKind
	flags        uint8
}

const noGoName = -1

func (x *mentionIndex) goDefinition(number int32) goDefinition {
	row := x.row(mentionGoDefinitions, int(number), goDefinitionRow)
	return goDefinition{int32(wire.Uint32(row)), int32(wire.Uint32(row[4:])), lang.DefinitionKind(row[8]), row[9]}
}

// A goName is a row of names.
type goName struct {
	first           uint32
	inside, outside uint32
	flags           uint32
	hash            lang.NameHash // that those outside mention
}

func (x *mentionIndex) goName(n int32) goName {
	row := x.row(mentionGoNames, int(n), goNameRow)
	inside := wire.Uint32(row[4:])
	return goName{wire.Uint32(row), inside & goNameCount, wire.Uint32(row[8:]), inside &^ goNameCount, lang.NameHash(wire.Uint32(row[12:]))}
}

// goNames and goMembers are how many there are.
func (x *mentionIndex) goNames() int {
	return int(x.head[mentionGoNames+1]-x.head[mentionGoNames]) / goNameRow
}

func (x *mentionIndex) goMembers() int {
	return int(x.head[mentionGoMembers+1]-x.head[mentionGoMembers]) / goMemberRow
}

// goTakers are some of the takers, as they are written; fewer than asked for at once where
// they are many.
func (x *mentionIndex) goTakers(first, count uint32) []byte {
	const most = 1024
	n := min(count, most)
	if size := (x.head[mentionGoTakers+1] - x.head[mentionGoTakers]) / 4; first > size || n > size-first {
		x.bad.Store(true)
		return nil
	}
	list := x.region.Bytes(x.at+int(x.head[mentionGoTakers])+4*int(first), 4*int(n))
	if list == nil {
		x.bad.Store(true)
	}
	return list
}

// goMember is a row of members: the name, and where its mentions stand.
func (x *mentionIndex) goMember(n int32) (h lang.NameHash, start, stop uint32) {
	row := x.row(mentionGoMembers, int(n), goMemberRow)
	start, stop = x.span(wire.Uint32(row[4:]), wire.Uint32(row[8:]))
	return lang.NameHash(wire.Uint32(row)), start, stop
}

// importedAs is the path under which a package is imported, empty where it is not. known is
// false where it may be another one, too.
func (x *mentionIndex) importedAs(n int32) (spec string, known bool) {
	row := x.row(mentionFiles, int(n), mentionFileRow)
	flags := wire.Uint32(row[12:])
	if flags&goFolderSingle == 0 || flags&goFolderImported == 0 {
		return "", flags&goFolderSingle != 0
	}
	return x.string(wire.Uint32(row[4:]), flags>>goFolderFlagBits), true
}

// isGoSubject says whether anybody can mean a definition by its name. Tests of a program call
// its main, or hand it on to be run as a process of its own.
func isGoSubject[S string | []byte](name S) bool {
	switch string(name) {
	case "", "_", "init":
		return false
	}
	return true
}

// isExportedGo says whether other packages can name it.
func isExportedGo[S string | []byte](name S) bool {
	c := name[0]
	return (c < 'a' || 'z' < c) && c != '_'
}
