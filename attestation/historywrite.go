package attestation

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// HistorySchema is the schema of the document that a HistoryJSON writes.
const HistorySchema = "custody/attestation-history/v1"

// A HistoryWriter writes entries as they come and the summary at the end.
type HistoryWriter interface {
	Entry(*HistoryEntry) error
	Close(*HistorySummary) error // writes the summary; does not close what it writes to
}

type historyJSON struct {
	w   *bufio.Writer
	any bool
}

// NewHistoryJSON writes one document: every commit, a line each, then the summary.
func NewHistoryJSON(w io.Writer) HistoryWriter { return &historyJSON{w: bufio.NewWriter(w)} }

// historyLine is how a commit stands in the document. The empty parts of the many
// commits that nothing is known of are left out.
type historyLine struct {
	SHA        string     `json:"sha"`
	Class      Class      `json:"class"`
	Merge      bool       `json:"merge,omitempty"`
	Month      string     `json:"month"`
	Automation string     `json:"automation,omitempty"`
	Agents     []Agent    `json:"agents,omitempty"`
	Evidence   []Evidence `json:"evidence,omitempty"`
	People     []string   `json:"people,omitempty"` // of commits that agents took part in

	Files       []HistoryFile `json:"files,omitempty"` // of commits that agents took part in, when asked for
	FilesUnread bool          `json:"files_unread,omitempty"`
}

func (j *historyJSON) Entry(e *HistoryEntry) error {
	lead := ",\n"
	if !j.any {
		lead, j.any = `{"schema":"`+HistorySchema+`","commits":[`+"\n", true
	}
	j.w.WriteString(lead)
	if !e.Attributed() && len(e.Evidence) == 0 {
		// The bulk of history, without reflection.
		merge := ""
		if e.Merge {
			merge = `"merge":true,`
		}
		_, err := j.w.WriteString(`{"sha":"` + e.SHA.String() + `","class":"` + string(e.Class) + `",` + merge + `"month":"` + e.Month + `"}`)
		return err
	}
	l := historyLine{e.SHA.String(), e.Class, e.Merge, e.Month, e.Automation, e.Agents, e.Evidence, nil, e.Files, e.FilesUnread}
	if e.Class != Unknown {
		l.People = e.People
	}
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = j.w.Write(b)
	return err
}

func (j *historyJSON) Close(h *HistorySummary) error {
	if !j.any {
		j.w.WriteString(`{"schema":"` + HistorySchema + `","commits":[`)
	}
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	j.w.WriteString("\n],\"summary\":")
	j.w.Write(b)
	j.w.WriteString("}\n")
	return j.w.Flush()
}

type historyCSV struct {
	w      *csv.Writer
	header bool
	files  bool
}

// NewHistoryCSV writes a table with a header: one row for every commit of which
// something is known, without the summary.
func NewHistoryCSV(w io.Writer) HistoryWriter { return &historyCSV{w: csv.NewWriter(w)} }

// NewHistoryFilesCSV writes a row for every file of every commit that agents took part
// in, and one for a commit of theirs without files.
func NewHistoryFilesCSV(w io.Writer) HistoryWriter {
	return &historyCSV{w: csv.NewWriter(w), files: true}
}

func (c *historyCSV) head() error {
	if c.header {
		return nil
	}
	c.header = true
	names := []string{"sha", "month", "merge", "class", "agents", "models", "automation", "strength", "source", "detail", "people"}
	if c.files {
		names = append(names, "path", "added", "deleted")
	}
	return c.w.Write(names)
}

func (c *historyCSV) Entry(e *HistoryEntry) error {
	if err := c.head(); err != nil || !e.Attributed() || c.files && !e.Class.IsAI() {
		return err
	}
	var agents, models []string
	for _, a := range e.Agents {
		agents = append(agents, a.ID)
		if a.Model != "" {
			models = append(models, a.Model)
		}
	}
	var first Evidence
	if len(e.Evidence) > 0 {
		first = e.Evidence[0]
	}
	row := []string{e.SHA.String(), e.Month, strconv.FormatBool(e.Merge), string(e.Class), strings.Join(agents, ";"), strings.Join(models, ";"),
		e.Automation, string(first.Strength), first.Source, first.Detail, strings.Join(e.People, ";")}
	for i := range row {
		row[i] = cell(row[i])
	}
	if !c.files {
		return c.w.Write(row)
	}
	if len(e.Files) == 0 {
		return c.w.Write(append(row, "", "", ""))
	}
	for _, f := range e.Files {
		if err := c.w.Write(append(row[:len(row):len(row)], cell(f.Path), strconv.Itoa(f.Added), strconv.Itoa(f.Deleted))); err != nil {
			return err
		}
	}
	return nil
}

func (c *historyCSV) Close(*HistorySummary) error {
	if err := c.head(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

// cell keeps a spreadsheet from taking what a stranger wrote for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

type historyText struct {
	w    *tabwriter.Writer
	rows int
}

// NewHistoryText writes a table for a terminal: the commits that agents took part in,
// then the summary. Columns are aligned a thousand rows at a time.
func NewHistoryText(w io.Writer) HistoryWriter {
	return &historyText{w: tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)}
}

func (x *historyText) Entry(e *HistoryEntry) error {
	if e.Class == Unknown {
		return nil
	}
	if x.rows++; x.rows%1000 == 0 {
		if err := x.w.Flush(); err != nil {
			return err
		}
	}
	detail := ""
	if len(e.Evidence) > 0 {
		detail = e.Evidence[0].Detail
	}
	_, err := fmt.Fprintf(x.w, "%s\t%s\t%s\t%s\t%s\n", e.SHA.Short(), e.Month, e.Class, agentList(e.Agents), detail)
	return err
}

func (x *historyText) Close(h *HistorySummary) error {
	if err := x.w.Flush(); err != nil {
		return err
	}
	if x.rows > 0 {
		fmt.Fprintln(x.w)
	}
	fmt.Fprintf(x.w, "%s, %s\n", plural(h.Commits, "commit"), plural(h.Merges, "merge")+" among them")
	for _, class := range Classes {
		if n := h.Classes[class]; n > 0 {
			fmt.Fprintf(x.w, "  %s\t%d\t%s\n", class, n, share(n, h.Commits))
		}
	}
	section := func(title string, counts []HistoryCount) {
		if len(counts) > 0 {
			fmt.Fprintln(x.w, title)
		}
		for _, t := range counts {
			fmt.Fprintf(x.w, "  %s\t%d\t%s\n", t.Name, t.Commits, share(t.Commits, h.Commits))
		}
	}
	section("agents", h.Tools)
	section("automation", h.Automation)
	if len(h.Months) > 0 {
		fmt.Fprintln(x.w, "months with commits by agents")
	}
	for _, m := range h.Months {
		fmt.Fprintf(x.w, "  %s\t%d\t%s\n", m.Month, m.Commits, share(m.Commits, m.All))
	}
	more := func(all, shown int, what string) {
		if all > shown {
			fmt.Fprintf(x.w, "  and %d more %s: --format json or csv has them all\n", all-shown, what)
		}
	}
	x.w.Flush() // columns of their own
	if len(h.Folders) > 0 {
		fmt.Fprintln(x.w, "folders\tcommits\tfiles\tadded lines")
	}
	for _, d := range h.Folders[:min(len(h.Folders), maxRows)] {
		fmt.Fprintf(x.w, "  %s\t%d\t%d\t%d\n", d.Path, d.Commits, d.Files, d.Added)
	}
	more(len(h.Folders), maxRows, "folders")
	x.w.Flush()
	if len(h.Files) > 0 {
		fmt.Fprintln(x.w, "files\tcommits\tadded lines\tagents")
	}
	for _, f := range h.Files[:min(len(h.Files), maxRows)] {
		fmt.Fprintf(x.w, "  %s\t%d\t%d\t%s\n", f.Path, f.Commits, f.Added, strings.Join(f.Agents, ", "))
	}
	more(len(h.Files), maxRows, "files")
	if h.FilesUnread > 0 {
		fmt.Fprintf(x.w, "not assessed: the files of %s, whose objects are not in this repository\n", plural(h.FilesUnread, "commit"))
	}
	if h.FilesMore > 0 {
		fmt.Fprintf(x.w, "not listed: %s beyond the limit\n", plural(h.FilesMore, "file"))
	}
	return x.w.Flush()
}

// maxRows bounds the tables of folders and files for people.
const maxRows = 25
