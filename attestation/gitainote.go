package attestation

import (
	"bytes"
	"container/heap"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"custody/internal/change"
)

// A note of git-ai, authorship/3.0.0: who is attested to have written which lines of
// which file, a line of three dashes, and who they are, in JSON. Ranges count in the
// version of the commit that the note is on. Of two entries for a line the later wins.
//
// What is in no range is untracked: nothing is known of it, and least of all that a
// human wrote it.

// noteMeta is the part of the JSON that is read. Old notes hold whole transcripts
// beside it, which are stepped over.
type noteMeta struct {
	Version  string                 `json:"schema_version"`
	Prompts  map[string]noteSession `json:"prompts"`
	Sessions map[string]noteSession `json:"sessions"`
	Humans   map[string]struct {
		Author string `json:"author"`
	} `json:"humans"`
}

type noteSession struct {
	Agent struct {
		Tool  string `json:"tool"`
		ID    string `json:"id"`
		Model string `json:"model"`
	} `json:"agent_id"`
	Driver string `json:"human_author"`
}

// noteVersion is what the version of a note that we read begins with.
const noteVersion = "authorship/3."

var (
	errNote      = errors.New("it is no note of git-ai, version 3")
	errNoteLimit = errors.New("it holds more ranges than are read")
)

// A noteFile is one file of a note: ranges and who is attested, in order.
type noteFile struct {
	path    change.Path
	entries []noteEntry
}

type noteEntry struct {
	who    int // index into noteWalk.keys
	ranges lineSet
}

// parseNote reads a note. Files that are not wanted are read and not kept. Each piece
// is what one session or human is attested to have written of one file; drivers are the
// people who had the sessions' agents write.
func (t *table) parseNote(data []byte, wanted func(change.Path) bool, b *budget) (pieces []*piece, drivers []string, err error) {
	head, rest, ok := cutDashes(data)
	if !ok {
		return nil, nil, errNote
	}
	var meta noteMeta
	if err := json.Unmarshal(rest, &meta); err != nil || !strings.HasPrefix(meta.Version, noteVersion) {
		return nil, nil, errNote
	}
	w := noteWalk{wanted: wanted, index: map[string]int{}, budget: b}
	for len(head) > 0 {
		line := head
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			line, head = head[:i], head[i+1:]
		} else {
			head = nil
		}
		if err := w.line(line); err != nil {
			return nil, nil, err
		}
	}
	who := make([]*Evidence, len(w.keys))
	for i, key := range w.keys {
		e, driver := t.attested(key, &meta)
		if who[i] = e; driver != "" && e != nil && !slices.Contains(drivers, driver) && len(drivers) < maxShown {
			drivers = append(drivers, driver)
		}
	}
	for _, f := range w.files {
		own := f.number()
		for i, lines := range resolve(f.entries, len(own)) {
			if e := who[own[i]]; e != nil && len(lines) > 0 {
				p := &piece{Evidence: *e, path: f.path, lines: lines}
				pieces = append(pieces, p)
			}
		}
	}
	return pieces, drivers, nil
}

// number gives those who are attested in a file numbers of its own, and lists who each of
// them is: a note may name a hundred thousand, one in each file.
func (f *noteFile) number() (own []int) {
	at := map[int]int{}
	for i := range f.entries {
		e := &f.entries[i]
		n, ok := at[e.who]
		if !ok {
			n = len(own)
			at[e.who], own = n, append(own, e.who)
		}
		e.who = n
	}
	return own
}

// cutDashes splits at the first line that is just three dashes.
func cutDashes(data []byte) (head, rest []byte, ok bool) {
	if bytes.HasPrefix(data, []byte("---\n")) {
		return nil, data[4:], true
	}
	i := bytes.Index(data, []byte("\n---\n"))
	if i < 0 {
		return nil, nil, false
	}
	return data[:i+1], data[i+5:], true
}

// A noteWalk reads the attested lines.
type noteWalk struct {
	wanted  func(change.Path) bool
	files   []*noteFile
	at      map[change.Path]*noteFile
	file    *noteFile // nil: not wanted
	named   bool      // there was a file
	keys    []string
	index   map[string]int
	budget  *budget
	scratch lineSet
}

func (w *noteWalk) line(line []byte) (err error) {
	switch {
	case len(bytes.TrimSpace(line)) == 0:
		return nil
	case line[0] != ' ':
		return w.open(string(line))
	case len(line) < 3 || line[1] != ' ' || line[2] == ' ' || !w.named:
		return errNote
	}
	key, ranges, ok := strings.Cut(string(line[2:]), " ")
	if !ok || !noteKey(key) {
		return errNote
	}
	if w.file == nil {
		w.scratch, err = parseRanges(w.scratch[:0], ranges)
		return err
	}
	if !w.budget.spend(&w.budget.ranges, 1+strings.Count(ranges, ",")) {
		return errNoteLimit
	}
	set, err := parseRanges(nil, ranges)
	if err != nil {
		return err
	}
	key, _, _ = strings.Cut(key, "::") // what follows is one edit of the session
	i, ok := w.index[key]
	if !ok {
		i = len(w.keys)
		w.index[key], w.keys = i, append(w.keys, key)
	}
	w.file.entries = append(w.file.entries, noteEntry{i, set})
	return nil
}

// open begins a file. Its path is in quotes when it holds a space.
func (w *noteWalk) open(name string) error {
	if name[0] == '"' {
		if len(name) < 3 || name[len(name)-1] != '"' {
			return errNote
		}
		name = name[1 : len(name)-1]
	}
	w.named, w.file = true, nil
	path := change.Path(name)
	if !w.wanted(path) {
		return nil
	}
	if w.at == nil {
		w.at = map[change.Path]*noteFile{}
	}
	if w.file = w.at[path]; w.file == nil {
		w.file = &noteFile{path: path}
		w.at[path] = w.file
		w.files = append(w.files, w.file)
	}
	return nil
}

// noteKey accepts s_<id>::t_<id>, h_<id>, the hexadecimal ids of old prompts, and other
// words: real notes hold some that the standard does not know.
func noteKey(key string) bool {
	return key != "" && len(key) <= 200 && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && r != '-' && r != ':' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

// isSession says whether a key is that of an agent's session, of whatever age.
func (m *noteMeta) isSession(key string) bool {
	_, session := m.Sessions[key]
	_, prompt := m.Prompts[key]
	id := strings.ReplaceAll(key, "-", "") // some are UUIDs
	return session || prompt || strings.HasPrefix(key, "s_") || key == "ai_agent" || len(id) >= 7 && isHex(id)
}

func isHex(s string) bool { return s != "" && strings.Trim(s, "0123456789abcdef") == "" }

// attested says what a key stands for; nil for a human of whom nothing is recorded, or
// who is an agent, and for a key that is not known.
func (t *table) attested(key string, meta *noteMeta) (e *Evidence, driver string) {
	if strings.HasPrefix(key, "h_") {
		author := meta.Humans[key].Author
		name, email := parsePerson(author)
		if r, _ := t.person(name, email); author == "" || r != nil || isBotAddress(email) {
			return nil, ""
		}
		return &Evidence{Source: "note", Strength: "C", Class: HumanAttested, Detail: change.Printable("git-ai saw " + author + " type")}, ""
	}
	if !meta.isSession(key) {
		return nil, ""
	}
	s, ok := meta.Sessions[key]
	if !ok {
		s = meta.Prompts[key]
	}
	e = &Evidence{Source: "note", Strength: "C", Class: AIDeclared, Agent: t.toolID(s.Agent.Tool), Model: knownModel(s.Agent.Model), Session: sessionID(s.Agent.ID)}
	e.Detail = change.Printable("git-ai session of " + or(s.Agent.Tool, "an agent without a record"))
	return e, s.Driver
}

// toolID is the row of a tool by the name that other programs have for it.
func (t *table) toolID(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, r := range []*Identity{t.byID[name], t.names[name], t.short[name]} {
		if r != nil && r.Kind != KindAutomation {
			return r.ID
		}
	}
	return Unlisted
}

// knownModel is a model's name, empty for the words that stand for none.
func knownModel(s string) string {
	switch strings.ToLower(s) {
	case "", "default", "unknown", "auto", "none":
		return ""
	}
	return modelID(s)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// resolve gives each of n the lines that are its own after later entries took theirs.
func resolve(entries []noteEntry, n int) []lineSet {
	type edge struct{ at, entry int }
	var starts, ends []edge
	for i, e := range entries {
		for _, r := range e.ranges {
			starts, ends = append(starts, edge{r.from, i}), append(ends, edge{r.to, i})
		}
	}
	byAt := func(a, b edge) int { return a.at - b.at }
	slices.SortFunc(starts, byAt)
	slices.SortFunc(ends, byAt)
	open := make([]int, len(entries)) // ranges of each entry that hold the line
	var top latest                    // entries that are or were open, the latest first
	out := make([]lineSet, n)
	from := 0
	for len(ends) > 0 {
		// The next line at which something changes: a range begins, or one has ended.
		at := ends[0].at + 1
		if len(starts) > 0 {
			at = min(at, starts[0].at)
		}
		for len(top) > 0 && open[top[0]] == 0 {
			heap.Pop(&top)
		}
		if len(top) > 0 && at > from {
			who := entries[top[0]].who
			if s := out[who]; len(s) > 0 && s[len(s)-1].to == from-1 {
				s[len(s)-1].to = at - 1
			} else {
				out[who] = append(s, lineRange{from, at - 1})
			}
		}
		for len(ends) > 0 && ends[0].at < at {
			open[ends[0].entry]--
			ends = ends[1:]
		}
		for len(starts) > 0 && starts[0].at == at {
			if open[starts[0].entry]++; open[starts[0].entry] == 1 {
				heap.Push(&top, starts[0].entry)
			}
			starts = starts[1:]
		}
		from = at
	}
	return out
}

// latest is a heap of entries, the last one on top.
type latest []int

func (l latest) Len() int           { return len(l) }
func (l latest) Less(i, j int) bool { return l[i] > l[j] }
func (l latest) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *latest) Push(x any)        { *l = append(*l, x.(int)) }
func (l *latest) Pop() any {
	old := *l
	x := old[len(old)-1]
	*l = old[:len(old)-1]
	return x
}

// place writes down where a piece holds.
func (p *piece) place() {
	p.Scope = "file:" + p.path.Escaped()
	what := "all that was added"
	if p.lines != nil {
		what = p.lines.String() + " of those added (" + strconv.Itoa(p.lines.count()) + ")"
	}
	p.Detail = change.Clip(p.Detail, 120) + ": " + what
}
