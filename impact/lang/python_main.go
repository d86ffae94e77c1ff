package lang

// PyMain is the name of what a file of Python does when it is run as a program, and not when it
// is imported: what stands below "if __name__ == '__main__':".
const PyMain = "__main__"

type pyMain struct {
	reading   bool // the line that is read stands there
	names     []NameHash
	texts     TokenHash
	from, end int // lines; from 0: there is none
}

func (m *pyMain) note(line int) {
	if m.end = line; m.from == 0 {
		m.from = line
	}
}

// isMain says that the line at i asks whether the file is the program.
func (r *pyReader) isMain(i int) bool {
	if !r.word(i, "if") || !r.word(i+1, "__name__") || r.kind(i+2) != '=' || r.kind(i+3) != '=' || r.kind(i+4) != tokenString || r.kind(i+5) != ':' {
		return false
	}
	text := string(r.text(i + 4))
	return text == `"__main__"` || text == `'__main__'`
}

// defineMain makes a definition of the statements there; what they define stands for itself.
func (r *pyReader) defineMain() {
	if r.main.from == 0 {
		return
	}
	r.seen.reset()
	for _, name := range r.main.names {
		r.seen.add(uint32(name))
	}
	r.facts.Definitions = append(r.facts.Definitions, Definition{
		Name: PyMain, Kind: Function, Start: r.main.from, End: r.main.end, Body: r.main.texts.Sum(), Mentions: r.take(),
	})
}
