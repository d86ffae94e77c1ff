package attestation

import (
	"cmp"
	"path"
	"slices"

	"custody/internal/change"
	"custody/internal/git"
)

// A HistoryFile is one file that a commit changes.
type HistoryFile struct {
	Path    string `json:"path"` // escaped
	Added   int    `json:"added"`
	Deleted int    `json:"deleted"`
}

// A HistoryFolder adds up what agents' commits changed in one folder: the first two
// parts of the path, "." for the root.
type HistoryFolder struct {
	Path    string `json:"path"`    // escaped
	Commits int    `json:"commits"` // by agents, that change something there
	Files   int    `json:"files"`   // different ones
	Added   int    `json:"added_lines"`
}

// A HistoryPath adds up what agents' commits changed in one file.
type HistoryPath struct {
	Path    string   `json:"path"` // escaped, as it was called then
	Commits int      `json:"commits"`
	Added   int      `json:"added_lines"`
	Agents  []string `json:"agents"`
	First   string   `json:"first"` // month of the first such commit
	Last    string   `json:"last"`
}

// maxPaths bounds how many different files are added up.
const maxPaths = 500_000

// HistoryFiles adds up the files of commits that agents took part in. It keeps a line
// for each different file, and nothing of a commit.
type HistoryFiles struct {
	paths   map[string]*seenPath
	folders map[string]*HistoryFolder
	unread  int // commits whose files are not known
	more    int // files beyond a limit
}

type seenPath struct {
	commits, added int
	agents         []string
	first, last    string
}

// NewHistoryFiles makes an empty one.
func NewHistoryFiles() *HistoryFiles {
	return &HistoryFiles{paths: map[string]*seenPath{}, folders: map[string]*HistoryFolder{}}
}

// AsksFiles says whether the files of a commit are wanted: an agent took part, and it
// is no merge, whose lines belong to the commits that it joins.
func (e *HistoryEntry) AsksFiles() bool { return e.Class.IsAI() && !e.Merge }

// Add gives a commit its files. err says that they could not be read, more how many
// there are besides.
func (h *HistoryFiles) Add(e *HistoryEntry, files []git.FileLines, more int, err error) {
	h.more += more
	if err != nil {
		h.unread++
		e.FilesUnread = true
		return
	}
	e.Files = make([]HistoryFile, 0, len(files))
	var touched []*HistoryFolder
	for _, f := range files {
		name := change.Path(f.Path).Escaped()
		e.Files = append(e.Files, HistoryFile{name, f.Added, f.Deleted})
		dir := folderOf(name)
		d := h.folders[dir]
		if d == nil {
			d = &HistoryFolder{Path: dir}
			h.folders[dir] = d
		}
		if !slices.Contains(touched, d) {
			touched = append(touched, d)
		}
		d.Added += f.Added
		p := h.paths[name]
		if p == nil {
			if len(h.paths) == maxPaths {
				h.more++
				continue
			}
			p = &seenPath{first: e.Month, last: e.Month}
			h.paths[name] = p
			d.Files++
		}
		p.commits++
		p.added += f.Added
		p.first, p.last = min(p.first, e.Month), max(p.last, e.Month)
		for _, id := range agentIDs(&e.Commit) {
			if !slices.Contains(p.agents, id) {
				p.agents = append(p.agents, id)
			}
		}
	}
	for _, d := range touched {
		d.Commits++
	}
	slices.SortFunc(e.Files, func(a, b HistoryFile) int { return cmp.Compare(a.Path, b.Path) })
}

// folderOf is the first two folders of an escaped path.
func folderOf(name string) string {
	dir := path.Dir(name)
	slashes := 0
	for i := range len(dir) {
		if dir[i] == '/' {
			if slashes++; slashes == 2 {
				return dir[:i]
			}
		}
	}
	return dir
}

// Fill puts what was added up into a summary.
func (h *HistoryFiles) Fill(s *HistorySummary) {
	s.Folders, s.Files = []HistoryFolder{}, []HistoryPath{}
	s.FilesUnread, s.FilesMore = h.unread, h.more
	for _, d := range h.folders {
		s.Folders = append(s.Folders, *d)
	}
	slices.SortFunc(s.Folders, func(a, b HistoryFolder) int {
		return cmp.Or(cmp.Compare(b.Commits, a.Commits), cmp.Compare(b.Added, a.Added), cmp.Compare(a.Path, b.Path))
	})
	for name, p := range h.paths {
		slices.Sort(p.agents)
		s.Files = append(s.Files, HistoryPath{name, p.commits, p.added, p.agents, p.first, p.last})
	}
	slices.SortFunc(s.Files, func(a, b HistoryPath) int {
		return cmp.Or(cmp.Compare(b.Commits, a.Commits), cmp.Compare(b.Added, a.Added), cmp.Compare(a.Path, b.Path))
	})
}
