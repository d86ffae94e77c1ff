package impact

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"custody/impact/lang"
	"custody/internal/git"
	"custody/internal/parallel"
)

// A factReader gets the facts of many blobs: from the store what it has, the rest by
// reading and extracting, each blob once.
type factReader struct {
	source Source
	store  FactStore
	limits Limits
	packs  bool // what is read says encoded what it defines and mentions: see Fact.pack

	// languages are those that an interpreter can be of: what is asked for its interpreter is
	// read in its language, too, so that nothing is read twice.
	languages []*lang.Language
}

// A want is one blob to be read in one language.
type want struct {
	blob     git.OID
	language *lang.Language
	whole    bool // with digests; see inFull
}

// inFull asks for digests, too, which it takes to compare two files.
func (w want) inFull() want {
	w.whole = w.language.Sketch != nil
	return w
}

func (w want) extract(src []byte) *Fact {
	read := w.language.Extract
	if !w.whole && w.language.Sketch != nil {
		read = w.language.Sketch
	}
	return &Fact{Facts: read(src), Size: int64(len(src))}
}

func (w want) key() FactKey {
	return FactKey{Blob: w.blob, Language: w.language.Name, Version: w.language.Version}
}

// A gotten is the answer: facts, or why there are none.
type gotten struct {
	fact   *Fact
	skip   skipReason
	script *Fact // of what was asked for its interpreter: in the language of that
}

// read answers every want. Its error is the context's or the source's own; a blob that
// can not be read is an answer.
func (r *factReader) read(ctx context.Context, wants []want) (map[want]gotten, error) {
	answers := make(map[want]gotten, len(wants))
	var missing []want
	for _, w := range wants {
		if _, ok := answers[w]; ok {
			continue
		}
		fact, ok := r.store.Get(w.key())
		switch {
		case !ok || w.whole && fact.Sketched:
			missing = append(missing, w)
			answers[w] = gotten{}
		case fact.Size > r.limits.FileBytes:
			answers[w] = gotten{skip: overLimit(fact.Size, r.limits.FileBytes)}
		default:
			if !r.packs {
				fact = fact.unpacked()
			}
			answers[w] = gotten{fact: fact}
		}
	}
	if len(missing) == 0 {
		return answers, nil
	}
	found, err := r.extract(ctx, missing)
	if err != nil {
		return nil, err
	}
	for i, w := range missing {
		answers[w] = found[i]
		if found[i].fact != nil {
			r.store.Put(w.key(), found[i].fact)
		}
		if script := found[i].script; script != nil {
			in := want{blob: w.blob, language: languageOf(r.languages, found[i].fact.Package)}
			answers[in] = gotten{fact: script}
			r.store.Put(in.key(), script)
		}
	}
	return answers, nil
}

// A batch is blobs on their way from the one reader to the extractors. Batches bound
// what is in memory: workers+2 of them, each of batchBytes and at most one blob more.
type batch struct {
	places []int
	ends   []int
	data   []byte
}

const (
	batchBytes      = 1 << 20
	fewBlobs        = 200
	batchOfFewBytes = 64 << 10 // so that all extractors get some
)

// A sourceAtOnce is a Source of which some blobs can be read on all cores: see
// git.BlobsAtOnce.
type sourceAtOnce interface {
	BlobsAtOnce(ctx context.Context, ids []git.OID, limit int64, begin func() func(i int, data []byte)) (left []int, err error)
}

func (r *factReader) extract(ctx context.Context, wants []want) ([]gotten, error) {
	found := make([]gotten, len(wants)) // each place is written by one goroutine
	places := make([]int, len(wants))
	for i := range places {
		places[i] = i
	}
	if source, ok := r.source.(sourceAtOnce); ok && len(wants) > fewBlobs {
		var err error
		places, err = source.BlobsAtOnce(ctx, idsOf(wants, places), r.limits.FileBytes, func() func(int, []byte) {
			one := r.extractor(wants, found)
			return func(i int, data []byte) { one(i, data[:len(data):len(data)]) }
		})
		if err != nil || len(places) == 0 {
			return found, err
		}
	}
	return found, r.extractSome(ctx, wants, places, found)
}

func idsOf(wants []want, places []int) []git.OID {
	ids := make([]git.OID, len(places))
	for i, place := range places {
		ids[i] = wants[place].blob
	}
	return ids
}

// extractor makes what extracts one blob after the other.
func (r *factReader) extractor(wants []want, found []gotten) func(place int, src []byte) {
	var scratch []byte
	return func(place int, src []byte) {
		w := wants[place]
		got := gotten{fact: w.extract(src)}
		if w.language == interpreters {
			if w.language = languageOf(r.languages, got.fact.Package); w.language != nil {
				got.script = w.extract(src)
			}
		}
		for _, fact := range []*Fact{got.fact, got.script} {
			if fact != nil && r.packs {
				scratch = fact.pack(scratch)
			}
		}
		found[place] = got
	}
}

// extractSome is extract for some of the places, read by one and extracted by others.
func (r *factReader) extractSome(ctx context.Context, wants []want, places []int, found []gotten) error {
	workers := min(max(runtime.GOMAXPROCS(0), 1), 8)
	full := make(chan *batch)
	empty := make(chan *batch, workers+2)
	for range workers + 2 {
		empty <- new(batch)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var err error
	work := []func(){func() {
		defer close(full)
		err = r.feed(ctx, wants, places, found, full, empty)
	}}
	for range workers {
		work = append(work, func() {
			defer func() { // left early only by a panic: there is nothing to read for any more
				stop()
				for b := range full {
					empty <- b
				}
			}()
			one := r.extractor(wants, found)
			for b := range full {
				start := 0
				for i, place := range b.places {
					one(place, b.data[start:b.ends[i]:b.ends[i]])
					start = b.ends[i]
				}
				b.places, b.ends, b.data = b.places[:0], b.ends[:0], b.data[:0]
				empty <- b
			}
		})
	}
	parallel.Do(work...)
	return err
}

// feed reads the blobs and hands them on; what can not be read it answers itself.
func (r *factReader) feed(ctx context.Context, wants []want, places []int, found []gotten, full chan<- *batch, empty <-chan *batch) error {
	ids := idsOf(wants, places)
	most := batchBytes
	if len(ids) <= fewBlobs {
		most = batchOfFewBytes
	}
	b := <-empty
	seen := make([]bool, len(ids))
	err := r.source.Blobs(ctx, ids, r.limits.FileBytes, func(i int, data []byte, err error) error {
		if i < 0 || i >= len(ids) || seen[i] {
			return fmt.Errorf("reading blobs: unexpected answer number %d of %d", i, len(ids))
		}
		seen[i] = true
		if err == nil && int64(len(data)) > r.limits.FileBytes {
			err = &git.TooLargeError{ID: ids[i], Size: int64(len(data)), Limit: r.limits.FileBytes}
		}
		if err != nil {
			found[places[i]] = gotten{skip: unread(err)}
			return ctx.Err()
		}
		b.places = append(b.places, places[i])
		b.data = append(b.data, data...)
		b.ends = append(b.ends, len(b.data))
		if len(b.data) < most {
			return nil
		}
		select {
		case full <- b:
			b = <-empty
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err != nil {
		return err
	}
	if len(b.places) > 0 {
		full <- b
	}
	for i, ok := range seen {
		if !ok {
			return fmt.Errorf("reading blob %s: no answer", ids[i])
		}
	}
	return ctx.Err()
}

// unread says why a blob was not read. The error's own text may hold what differs
// between machines, so it stays out of the report.
func unread(err error) skipReason {
	if large, ok := errors.AsType[*git.TooLargeError](err); ok {
		return overLimit(large.Size, large.Limit)
	}
	if errors.Is(err, git.ErrMissing) {
		return skipReason{SkipUnreadable, "object is not in the repository"}
	}
	return skipReason{SkipUnreadable, "object is damaged"}
}

func overLimit(size, limit int64) skipReason {
	return skipReason{SkipLimit, fmt.Sprintf("%d bytes, over the limit of %d", size, limit)}
}
