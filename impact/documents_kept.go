package impact

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sort"
	"strings"

	"custody/impact/lang"
	"custody/impact/wire"
	"custody/internal/change"
	"custody/internal/git"
)

// A DocumentStore keeps what the documents of one tree mention: that to which the next
// change will most likely be made. What it gives must be what it was given, by the same
// program.
type DocumentStore interface {
	// Documents is what was kept last; a nil Region is nothing.
	Documents() (tree git.OID, kept wire.Region)
	KeepDocuments(tree git.OID, parts ...[]byte)
}

// Documents that are kept stand in a file of which only what a change may be named by is
// read. All integers have four bytes, little-endian. The header is a row of integers (see
// the constants below), then come, without gaps:
//
//	rows     of documents, sorted by path: path and mentions (places in texts and their
//	         lengths), id of the blob. Without mentions (length all ones) it could not be read
//	special  numbers of documents that could not be read, or mention more than is kept
//	first    for each beginning of a key and one more: its first row in the next table
//	keys     key, number of a document, place of the mention in its mentions; sorted
//	texts    paths, and mentions: whether there are more, then for each its kind, line, spec
//
// A key is the hash of a name that a mention of the document may mean: see namedBy.
type keptDocuments struct {
	region wire.Region
	head   [documentHeader]uint32
	bad    bool // something makes no sense: nothing of it is believed
}

const (
	docsFormat = iota
	docsIDSize
	docsCount
	docsRead // of these, how many could be read
	docsSpecial
	docsKeys
	docsTexts // bytes
	documentHeader
)

const (
	documentFormat = 2
	documentRow    = 16 // and the id
	keyRow         = 12
	keyBits        = 12 // by which keys are found
	unreadDocument = math.MaxUint32
)

// A proseFile is a document of a tree.
type proseFile struct {
	path change.Path
	id   git.OID
	fact *Fact // nil: could not be read
}

// encodeDocuments writes the documents of a tree down, which are sorted by path; nil if it
// can not.
func encodeDocuments(docs []proseFile) [][]byte {
	idSize := 20
	if len(docs) > 0 {
		idSize = len(docs[0].id.Bytes())
	}
	var rows, special, texts, table []byte
	type row struct{ key, doc, at uint32 }
	order := func(a, b row) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.doc, b.doc), cmp.Compare(a.at, b.at))
	}
	var keys []row
	read := 0
	for n, d := range docs {
		rows = wire.AppendUint32(wire.AppendUint32(rows, uint32(len(texts))), uint32(len(d.path)))
		texts = append(texts, d.path...)
		start, length := len(texts), uint32(unreadDocument)
		if d.fact != nil {
			texts = append(texts, bit(d.fact.Damaged))
			for _, m := range d.fact.Imports {
				at := uint32(len(texts) - start)
				namedBy(d.path, m, func(name string) {
					keys = append(keys, row{uint32(lang.HashName(name)), uint32(n), at})
				})
				texts = appendMentioned(texts, m)
			}
			length = uint32(len(texts) - start)
			read++
		}
		if d.fact == nil || d.fact.Damaged {
			special = wire.AppendUint32(special, uint32(n))
		}
		rows = wire.AppendUint32(wire.AppendUint32(rows, uint32(start)), length)
		rows = append(rows, d.id.Bytes()...)
		if len(d.id.Bytes()) != idSize || len(texts) > math.MaxInt32 {
			return nil
		}
	}
	slices.SortFunc(keys, order)
	keys = slices.Compact(keys)
	first := make([]byte, 0, 4*(1<<keyBits+1))
	for _, k := range keys {
		for len(first)/4 <= int(k.key>>(32-keyBits)) {
			first = wire.AppendUint32(first, uint32(len(table)/keyRow))
		}
		table = wire.AppendUint32(wire.AppendUint32(wire.AppendUint32(table, k.key), k.doc), k.at)
	}
	for len(first)/4 <= 1<<keyBits {
		first = wire.AppendUint32(first, uint32(len(keys)))
	}
	var head []byte
	for _, n := range [documentHeader]uint32{
		docsFormat: documentFormat, docsIDSize: uint32(idSize), docsCount: uint32(len(docs)), docsRead: uint32(read),
		docsSpecial: uint32(len(special) / 4), docsKeys: uint32(len(keys)), docsTexts: uint32(len(texts)),
	} {
		head = wire.AppendUint32(head, n)
	}
	return [][]byte{head, rows, special, first, table, texts}
}

func appendMentioned(b []byte, m lang.Import) []byte {
	b = append(b, byte(m.Kind))
	return wire.AppendString(wire.AppendUint(b, uint64(m.Line)), m.Spec)
}

func decodeMentioned(d *wire.Decoder) lang.Import {
	kind, line := d.Byte(), d.Uint(math.MaxInt32)
	return lang.Import{Kind: lang.ImportKind(kind), Line: int(line), Spec: d.String()}
}

// openDocuments is nil for what encodeDocuments can not have written.
func openDocuments(region wire.Region) *keptDocuments {
	k := &keptDocuments{region: region}
	head := region.Bytes(0, 4*documentHeader)
	if head == nil {
		return nil
	}
	for i := range k.head {
		k.head[i] = wire.Uint32(head[4*i:])
	}
	h := &k.head
	if h[docsFormat] != documentFormat || h[docsIDSize] != 20 && h[docsIDSize] != 32 || h[docsCount] > maxDocuments || h[docsRead] > h[docsCount] || h[docsSpecial] > h[docsCount] {
		return nil
	}
	size := int64(k.texts()) + int64(h[docsTexts])
	if int64(h[docsKeys])*keyRow > int64(region.Len()) || size != int64(region.Len()) {
		return nil
	}
	return k
}

// The sections, one behind the other.
func (k *keptDocuments) rowSize() int { return documentRow + int(k.head[docsIDSize]) }
func (k *keptDocuments) special() int { return 4*documentHeader + k.count()*k.rowSize() }
func (k *keptDocuments) first() int   { return k.special() + 4*int(k.head[docsSpecial]) }
func (k *keptDocuments) keys() int    { return k.first() + 4*(1<<keyBits+1) }
func (k *keptDocuments) texts() int   { return k.keys() + keyRow*int(k.head[docsKeys]) }
func (k *keptDocuments) count() int   { return int(k.head[docsCount]) }

// bytes are zeros, and k is bad, where there are none.
func (k *keptDocuments) bytes(off, n int) []byte {
	if b := k.region.Bytes(off, n); b != nil {
		return b
	}
	k.bad = true
	return make([]byte, min(max(n, 0), 64))
}

func (k *keptDocuments) text(at, length uint32) string {
	if uint64(at)+uint64(length) > uint64(k.head[docsTexts]) {
		k.bad = true
		return ""
	}
	return string(k.bytes(k.texts()+int(at), int(length)))
}

func (k *keptDocuments) row(n int) []byte {
	return k.bytes(4*documentHeader+n*k.rowSize(), k.rowSize())
}

func (k *keptDocuments) path(n int) change.Path {
	row := k.row(n)
	return change.Path(k.text(wire.Uint32(row), wire.Uint32(row[4:])))
}

// mentioned is all that a document mentions, as it is written; ok is false when it could not
// be read.
func (k *keptDocuments) mentioned(n int) (text string, ok bool) {
	row := k.row(n)
	length := wire.Uint32(row[12:])
	if length == unreadDocument {
		return "", false
	}
	return k.text(wire.Uint32(row[8:]), length), true
}

// document reads one with all that it mentions.
func (k *keptDocuments) document(n int) proseFile {
	d := proseFile{path: k.path(n)}
	var err error
	if d.id, err = git.OIDFromBytes(k.row(n)[documentRow:]); err != nil {
		k.bad = true
	}
	text, ok := k.mentioned(n)
	if !ok {
		return d
	}
	in := wire.Decoder{Rest: text}
	d.fact = &Fact{}
	d.fact.Damaged = in.Byte() == 1
	for in.Rest != "" {
		d.fact.Imports = append(d.fact.Imports, decodeMentioned(&in))
	}
	k.bad = k.bad || in.Bad
	return d
}

// mentions reads some of what a document mentions, by where that stands.
func (k *keptDocuments) mentions(n int, places []uint32) []lang.Import {
	row := k.row(n)
	start, length := wire.Uint32(row[8:]), wire.Uint32(row[12:])
	var list []lang.Import
	for _, at := range places {
		if at >= length || length == unreadDocument {
			k.bad = true
			return nil
		}
		in := wire.Decoder{Rest: k.text(start+at, min(length-at, maxMentioned))}
		list = append(list, decodeMentioned(&in))
		k.bad = k.bad || in.Bad
	}
	return list
}

// maxMentioned is more than a mention takes in the file.
const maxMentioned = maxMention + 16

// find is the number of the document at a path, or -1.
func (k *keptDocuments) find(path change.Path) int {
	n := sort.Search(k.count(), func(n int) bool { return k.path(n) >= path })
	if n < k.count() && k.path(n) == path {
		return n
	}
	return -1
}

// naming adds the mentions that may mean a name: the number of their document, and their
// place in what it mentions.
func (k *keptDocuments) naming(name string, add func(n int, at uint32)) {
	key := uint32(lang.HashName(name))
	b := k.bytes(k.first()+4*int(key>>(32-keyBits)), 8)
	start, end := int(wire.Uint32(b)), int(wire.Uint32(b[4:]))
	if start > end || end > int(k.head[docsKeys]) {
		k.bad = true
		return
	}
	at := func(i int) []byte { return k.bytes(k.keys()+keyRow*i, keyRow) }
	start += sort.Search(end-start, func(i int) bool { return wire.Uint32(at(start+i)) >= key })
	for i := start; i < end && wire.Uint32(at(i)) == key && !k.bad; i++ {
		n := int(wire.Uint32(at(i)[4:]))
		if k.bad = k.bad || n >= k.count(); k.bad {
			return
		}
		add(n, wire.Uint32(at(i)[8:]))
	}
}

// namedBy calls fn with every name by which meant could find what a mention means: of
// definitions, and of files their last part, with or without its extension.
func namedBy(doc change.Path, m lang.Import, fn func(name string)) {
	spec, _, _ := strings.Cut(m.Spec, "#")
	spec, _, _ = strings.Cut(spec, "?")
	if m.Kind == proseLink {
		if p, ok := linked(doc, spec); ok {
			fn(baseName(p))
		}
		if _, rest, ok := strings.Cut(spec, "/blob/"); ok {
			if _, inside, ok := strings.Cut(rest, "/"); ok {
				fn(baseName(change.Path(inside)))
			}
		}
		return
	}
	name := strings.TrimSuffix(strings.TrimSpace(spec), "()")
	if m.Kind == proseCode {
		fn(name)
	}
	spec = strings.Trim(name, "/.")
	fn(baseName(change.Path(spec)))
	if slashed := slashes(spec); slashed != spec {
		fn(baseName(change.Path(slashed)))
	}
}

// keptAnswer is StaleDocuments out of what is kept; nil where the store is of no help.
func (in DocumentsInput) keptAnswer(ctx context.Context, names *changedNames) (*Documents, error) {
	tree := in.Tree
	if in.Change != nil {
		if tree = in.Change.FromTree; in.Change.From.IsZero() || len(in.Change.Limits) > 0 {
			return nil, nil
		}
	}
	keptOf, region := in.Kept.Documents()
	var kept *keptDocuments
	if region != nil {
		kept = openDocuments(region)
	}
	if kept != nil && keptOf == tree {
		if d, err := in.fromKept(ctx, names, kept); err != nil || d != nil {
			return d, err
		}
	}
	docs, err := in.documentsBefore(ctx, kept)
	if err != nil || docs == nil {
		return nil, err
	}
	parts := encodeDocuments(docs)
	if kept = openDocuments(wire.Memory(slices.Concat(parts...))); kept == nil {
		return nil, nil
	}
	in.Kept.KeepDocuments(tree, parts...)
	return in.fromKept(ctx, names, kept)
}

// documentsBefore lists the documents of the tree that the change begins with, by path, and
// reads those that known does not know. It is nil where a folder could not be listed or
// there are too many documents.
func (in DocumentsInput) documentsBefore(ctx context.Context, known *keptDocuments) ([]proseFile, error) {
	docs := []proseFile{}
	whole := true
	touched := map[change.Path]bool{}
	take := func(p change.Path, e git.Entry) {
		if isOwnDocument(p, e) {
			docs = append(docs, proseFile{path: p, id: e.ID})
		}
	}
	if in.Change != nil {
		for i := range in.Change.Files {
			f := &in.Change.Files[i]
			if p := oldPath(f); p != "" {
				touched[p] = true
				take(p, git.Entry{Mode: f.OldMode, ID: f.OldID})
			}
			touched[newPath(f)] = true
		}
	}
	err := in.list(ctx, func(p string, e git.Entry, err error) error {
		if whole = whole && err == nil; whole && !touched[change.Path(p)] {
			take(change.Path(p), e)
		}
		return ctx.Err()
	})
	if err != nil || !whole || len(docs) > maxDocuments {
		return nil, err
	}
	slices.SortFunc(docs, func(a, b proseFile) int { return cmp.Compare(a.path, b.path) })
	facts := &Memory{}
	if known != nil {
		for n := range known.count() {
			if d := known.document(n); d.fact != nil {
				facts.Put(want{blob: d.id, language: prose}.key(), d.fact)
			}
		}
		if known.bad {
			facts = &Memory{}
		}
	}
	return docs, in.readDocuments(ctx, facts, docs)
}

// readDocuments fills in what documents mention.
func (in DocumentsInput) readDocuments(ctx context.Context, facts FactStore, docs []proseFile) error {
	wants := make([]want, len(docs))
	for i, d := range docs {
		wants[i] = want{blob: d.id, language: prose}
	}
	answers, err := in.reader(facts).read(ctx, wants)
	if err != nil {
		return err
	}
	for i, w := range wants {
		docs[i].fact = answers[w].fact
	}
	return nil
}

// fromKept judges the documents that may name what changed; nil if what is kept is damaged.
func (in DocumentsInput) fromKept(ctx context.Context, names *changedNames, kept *keptDocuments) (*Documents, error) {
	d := &Documents{Stale: []Document{}, Read: int(kept.head[docsRead])}
	for p := range names.files {
		if n := kept.find(p); n >= 0 && wire.Uint32(kept.row(n)[12:]) != unreadDocument {
			d.Read-- // it is changed itself
		}
	}
	found := map[int][]uint32{}
	add := func(n int, at uint32) { found[n] = append(found[n], at) }
	for name := range names.byBase {
		kept.naming(name, add)
	}
	for name := range names.symbols {
		kept.naming(name, add)
	}
	var unread []proseFile
	for i := range int(kept.head[docsSpecial]) {
		n := int(wire.Uint32(kept.bytes(kept.special()+4*i, 4)))
		if n >= kept.count() {
			return nil, nil
		}
		switch path := kept.path(n); {
		case names.changed(path):
		case wire.Uint32(kept.row(n)[12:]) == unreadDocument:
			unread = append(unread, kept.document(n))
		default:
			d.tooMany(path)
		}
	}
	for n, places := range found {
		if kept.bad {
			return nil, nil
		}
		if path := kept.path(n); !names.changed(path) {
			slices.Sort(places) // of equally sure mentions the first counts
			d.judge(names, path, kept.mentions(n, slices.Compact(places)))
		}
	}
	if kept.bad {
		return nil, nil
	}
	if err := in.judgeAll(ctx, &Memory{}, names, unread, d); err != nil {
		return nil, err
	}
	d.finish()
	return d, nil
}
