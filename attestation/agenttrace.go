package attestation

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"custody/internal/change"
)

// Records of Agent Trace 0.1.0 (agent-trace.dev): which conversation contributed which
// lines of which file. The format does not say where they are kept, nor whether the
// revision is the commit that holds the lines or the one that was HEAD when they were
// typed; see bindTrace.

// A traceRecord is what is read of a record.
type traceRecord struct {
	Version string `json:"version"`
	VCS     struct {
		Type     string `json:"type"`
		Revision string `json:"revision"`
	} `json:"vcs"`
	Tool struct {
		Name string `json:"name"`
	} `json:"tool"`
	Files []struct {
		Path          string `json:"path"`
		Conversations []struct {
			URL         string       `json:"url"`
			Contributor *contributor `json:"contributor"`
			Ranges      []traceRange `json:"ranges"`
		} `json:"conversations"`
	} `json:"files"`
}

type contributor struct {
	Type  string `json:"type"`
	Model string `json:"model_id"`
}

type traceRange struct {
	Start       int          `json:"start_line"`
	End         int          `json:"end_line"`
	Hash        string       `json:"content_hash"`
	Contributor *contributor `json:"contributor"`
}

// A traced is one range of a record.
type traced struct {
	revision string // empty: none, or none of git
	path     change.Path
	lines    lineRange
	hash     string
	Evidence
}

var errTrace = errors.New("it holds something that is no record of Agent Trace 0.1")

// parseTraces reads records, one a line, or one or a list of them as one document. What
// could be read is returned with the error that something else could not.
func (t *table) parseTraces(data []byte, b *budget) (all []traced, err error) {
	if list, ok := wholeDocument(data); ok {
		for _, r := range list {
			all, err = t.addRecord(all, &r, b, err)
		}
		return all, err
	}
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var r traceRecord
		if json.Unmarshal(line, &r) != nil {
			err = errTrace
			continue
		}
		all, err = t.addRecord(all, &r, b, err)
		if errors.Is(err, errNoteLimit) {
			return all, err
		}
	}
	return all, err
}

// wholeDocument reads one record, or a list of them, that is spread over lines.
func wholeDocument(data []byte) ([]traceRecord, bool) {
	data = bytes.TrimSpace(data)
	var list []traceRecord
	if len(data) > 0 && data[0] == '[' {
		return list, json.Unmarshal(data, &list) == nil
	}
	if i := bytes.IndexByte(data, '\n'); i < 0 || json.Valid(data[:i]) {
		return nil, false
	}
	list = make([]traceRecord, 1)
	return list, json.Unmarshal(data, &list[0]) == nil
}

// addRecord adds the ranges of a record, or says what is wrong with it. An error that
// was there stays.
func (t *table) addRecord(to []traced, r *traceRecord, b *budget, had error) ([]traced, error) {
	if !strings.HasPrefix(r.Version, "0.1.") {
		return to, errTrace
	}
	n := len(to)
	revision := ""
	if r.VCS.Type == "git" && isHex(r.VCS.Revision) {
		revision = r.VCS.Revision
	}
	for _, f := range r.Files {
		for _, c := range f.Conversations {
			for _, rg := range c.Ranges {
				who := c.Contributor
				if rg.Contributor != nil {
					who = rg.Contributor
				}
				if rg.Start < 1 || rg.End < rg.Start {
					return to[:n], errTrace
				}
				if !b.spend(&b.ranges, 1) {
					return to, errNoteLimit
				}
				e, ok := t.contributed(who, r.Tool.Name, c.URL)
				if ok {
					to = append(to, traced{revision, change.Path(f.Path), lineRange{rg.Start, rg.End}, rg.Hash, e})
				}
			}
		}
	}
	return to, had
}

// contributed says what a contributor stands for; not ok: nobody known.
func (t *table) contributed(who *contributor, tool, url string) (Evidence, bool) {
	e := Evidence{Source: "trace", Strength: "C", Session: sessionID(url)}
	if who == nil {
		return e, false
	}
	switch who.Type {
	case "ai":
		e.Class = AIDeclared
	case "mixed":
		e.Class = Mixed
	case "human":
		e.Class, e.Session, e.Detail = HumanAttested, "", change.Printable("Agent Trace record by "+or(tool, "a tool that it does not name")+": typed by a human")
		return e, true
	default:
		return e, false
	}
	e.Agent, e.Model = t.toolID(tool), knownModel(who.Model)
	e.Detail = change.Printable("Agent Trace record by " + or(tool, "a tool that it does not name"))
	return e, true
}

// hashMatches holds lines against a content hash "algorithm:hex", and says whether it is
// one that we know. The format leaves the algorithm and the last newline open.
func hashMatches(want string, lines []byte) (matches, known bool) {
	name, digits, ok := strings.Cut(want, ":")
	if !ok {
		return false, false
	}
	var sum func([]byte) string
	switch strings.ToLower(name) {
	case "sha256":
		sum = func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }
	case "sha1":
		sum = func(b []byte) string { h := sha1.Sum(b); return hex.EncodeToString(h[:]) }
	case "murmur3":
		sum = func(b []byte) string { return fmt.Sprintf("%08x", murmur3(b)) }
	default:
		return false, false
	}
	digits = strings.ToLower(digits)
	return sum(lines) == digits || sum(bytes.TrimSuffix(lines, []byte{'\n'})) == digits, true
}

// murmur3 is MurmurHash3_x86_32 with seed 0.
func murmur3(b []byte) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	h, n := uint32(0), len(b)
	for ; len(b) >= 4; b = b[4:] {
		k := binary.LittleEndian.Uint32(b) * c1
		h ^= bits.RotateLeft32(k, 15) * c2
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	var k uint32
	for i := len(b) - 1; i >= 0; i-- {
		k = k<<8 | uint32(b[i])
	}
	if len(b) > 0 {
		h ^= bits.RotateLeft32(k*c1, 15) * c2
	}
	h ^= uint32(n)
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
