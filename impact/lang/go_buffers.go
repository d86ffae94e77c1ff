package lang

import (
	"math"
	"slices"
	"sync"
)

// goBuffers is the memory that reading a file takes, and the next one takes again: nine
// tenths of what a definer would allocate are gone when it has read its file.
type goBuffers struct {
	names   []NameHash // mentioned by the definition that is being read
	seen    recentNames
	locals  goLocals // what plain names in the body of the function stand for
	pragmas TokenHash
	sign    TokenHash
	body    TokenHash
	scratch TokenHash

	found    []Definition // without their mentions
	spans    []nameSpan   // those
	mentions []NameHash
}

var goDefiners = sync.Pool{New: func() any { return new(goDefiner) }}

// open begins with a file.
func (d *goDefiner) open(src []byte, at int, uses goImports, sketch bool) {
	d.goReading = goReading{src: src, i: at, lines: lineCounter{src: src}, uses: uses, sketch: sketch}
	d.found, d.spans, d.mentions = d.found[:0], d.spans[:0], d.mentions[:0]
	for _, h := range []*TokenHash{&d.pragmas, &d.sign, &d.body, &d.scratch} {
		h.tokens = h.tokens[:0]
	}
	if d.seen.round > math.MaxUint32/2 { // no file has as many definitions
		d.seen = recentNames{}
	}
}

// release gives the memory back, but for that of a file that was much larger than others.
func (d *goDefiner) release() {
	const large = 1 << 20
	clear(d.found) // they hold the names of a file
	d.goReading = goReading{}
	if cap(d.body.tokens)+cap(d.sign.tokens)+cap(d.scratch.tokens) > 4*large || cap(d.found)*100+cap(d.mentions)*4 > large {
		d.goBuffers = goBuffers{}
	}
	goDefiners.Put(d)
}

// A nameSpan is a part of goBuffers.mentions.
type nameSpan struct{ start, end int }

// taken keeps the names of the definition.
func (d *goDefiner) taken() nameSpan {
	start := len(d.mentions)
	d.mentions = append(d.mentions, SortNames(d.names)...)
	return nameSpan{start, len(d.mentions)}
}

// add notes a definition of what was read since begin.
func (d *goDefiner) add(def Definition, sign, body Digest, names nameSpan) {
	def.End = d.lines.at(d.start)
	def.Signature, def.Body = sign, body
	d.found = append(d.found, def)
	d.spans = append(d.spans, names)
}

// sum is the digest of some tokens, which are dropped.
func (d *goDefiner) sum(h *TokenHash) Digest {
	if d.sketch {
		h.tokens = h.tokens[:0]
		return Digest{}
	}
	return h.Sum()
}

// definitions are those that were found, in memory of their own.
func (d *goDefiner) definitions() []Definition {
	if len(d.found) == 0 {
		return nil
	}
	found, mentions := slices.Clone(d.found), slices.Clone(d.mentions)
	for i, s := range d.spans {
		if s.start < s.end {
			found[i].Mentions = mentions[s.start:s.end:s.end]
		}
	}
	return found
}
