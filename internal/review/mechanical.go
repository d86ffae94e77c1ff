package review

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"go/scanner"
	"go/token"
	"io"
	"path"
	"regexp"
	"slices"
	"sync"
	"unicode"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/git"
)

// A Mechanical says of a changed file why nobody has to read it line by line.
type Mechanical string

const (
	Moved       Mechanical = "moved"       // the same bytes under another name, which does what the old one did
	Reformatted Mechanical = "reformatted" // the same tokens or values in other lines
	Generated   Mechanical = "generated"   // it says on both sides that a tool wrote it
	LockFile    Mechanical = "lock-file"   // a package manager writes it
)

const (
	// maxMechanical bounds the bytes of each side that are read to tell; what is beyond is
	// to be read. A file beyond mostMechanical is, too.
	maxMechanical  = 16 << 20
	mostMechanical = 4 << 20
	markerBytes    = 4 << 10 // where a marker of generated code may stand
	fewLines       = 40      // of a change that is read faster than it is excused
)

// mechanical tells which changed files are, by path. It asks the old side too: the change
// itself must not be able to say that it needs no reader.
func mechanical(ctx context.Context, r git.Reader, files []change.File, policy *config.Effective) (map[change.Path]Mechanical, error) {
	found := map[change.Path]Mechanical{}
	var open []suspect
	for i := range files {
		f := &files[i]
		s := suspect{file: f, many: f.Added+f.Deleted >= fewLines && !hasPower(f, policy)}
		if f.Respaced {
			s.same = sameIn(path.Ext(string(f.Path)))
		}
		switch {
		case f.Mode != f.OldMode || f.Mode != git.ModeFile && f.Mode != git.ModeExecutable || f.SubmoduleChanged:
		case f.ID == f.OldID:
			if f.Status == change.Renamed && samePlace(f, policy) {
				found[f.Path] = Moved
			}
		case f.Status == change.Modified && slices.Contains(lockFiles, path.Base(string(f.Path))):
			found[f.Path] = LockFile
		case f.Unread == "" && (s.same != nil || s.many):
			open = append(open, s)
		}
	}
	open, err := readSide(ctx, r, open, func(s *suspect) git.OID { return s.file.OldID }, func(s *suspect, old []byte) bool {
		s.generated = s.many && isGenerated(old)
		if s.same != nil {
			s.old = bytes.Clone(old)
		}
		return s.generated || s.same != nil
	})
	if err != nil {
		return nil, err
	}
	_, err = readSide(ctx, r, open, func(s *suspect) git.OID { return s.file.ID }, func(s *suspect, now []byte) bool {
		switch {
		case s.same != nil && bytes.Equal(withoutSpace(s.old), withoutSpace(now)) && s.same(s.old, now):
			found[s.file.Path] = Reformatted
		case s.generated && isGenerated(now):
			found[s.file.Path] = Generated
		}
		return true
	})
	return found, err
}

// A suspect may be mechanical, which its content will tell.
type suspect struct {
	file      *change.File
	same      func(a, b []byte) bool // the proof that only its layout changed; nil: it did not
	many      bool                   // so many lines that a marker of generated code excuses it
	generated bool                   // its old side says so
	old       []byte                 // that side, when it is still needed
}

// readSide reads one side of the suspects and keeps those of which keep says so.
func readSide(ctx context.Context, r git.Reader, suspects []suspect, side func(*suspect) git.OID, keep func(*suspect, []byte) bool) ([]suspect, error) {
	ids := make([]git.OID, len(suspects))
	for i := range suspects {
		ids[i] = side(&suspects[i])
	}
	left := int64(maxMechanical)
	var kept []suspect
	err := git.Blobs(ctx, r, ids, mostMechanical, func(i int, text []byte, err error) error {
		switch left -= int64(len(text)); {
		case left < 0:
			return errEnough
		case err == nil && keep(&suspects[i], text):
			kept = append(kept, suspects[i])
		}
		return ctx.Err() // what can not be read, the change says
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return kept, err
}

var errEnough = errors.New("enough was read")

// lockFiles are written by package managers. What they move is in the impact report.
var lockFiles = []string{
	"go.sum", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock",
	"Cargo.lock", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "Gemfile.lock", "composer.lock",
	"packages.lock.json", "gradle.lockfile", "Package.resolved", "mix.lock", "pubspec.lock", "flake.lock",
}

// sameIn is the proof that two files are the same but for their layout, for the languages
// that have one; nil for the others.
func sameIn(ext string) func(a, b []byte) bool {
	switch ext {
	case ".go":
		return sameGo
	case ".json":
		return sameJSON
	}
	return nil
}

// withoutSpace is cheap to compare, and proves nothing: there is space within strings.
func withoutSpace(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			out = append(out, c)
		}
	}
	return out
}

// sameGo compares tokens, semicolons that line breaks stand for among them, and comments
// as they are written: some of them are directives, which begin a line.
func sameGo(a, b []byte) bool {
	var lexers [2]scanner.Scanner
	var texts [2]*token.File
	for i, src := range [][]byte{a, b} {
		if bytes.Contains(src, []byte(`"C"`)) || bytes.Contains(src, []byte("//go:")) || bytes.Contains(src, []byte("+build")) {
			return false // a comment that is more than one, and blank lines around it count
		}
		texts[i] = token.NewFileSet().AddFile("", -1, len(src))
		lexers[i].Init(texts[i], src, nil, scanner.ScanComments)
	}
	for {
		var at [2]int
		var kind [2]token.Token
		var text [2]string
		for i := range lexers {
			var pos token.Pos
			pos, kind[i], text[i] = lexers[i].Scan()
			at[i] = texts[i].Offset(pos)
		}
		switch {
		case kind[0] != kind[1] || lexers[0].ErrorCount+lexers[1].ErrorCount > 0:
			return false
		case kind[0] == token.EOF:
			return true
		case kind[0] == token.SEMICOLON:
			continue // written, or a line break: the same to the language
		case text[0] != text[1]:
			return false
		case kind[0] == token.COMMENT && beginsLine(a, at[0]) != beginsLine(b, at[1]):
			return false
		}
	}
}

func beginsLine(src []byte, at int) bool { return at == 0 || src[at-1] == '\n' }

// sameJSON compares tokens: names stay in their order, so a name that stands twice does
// not matter, and numbers are compared as they are written.
func sameJSON(a, b []byte) bool {
	if !json.Valid(a) || !json.Valid(b) {
		return false // its tokens end early
	}
	x, y := json.NewDecoder(bytes.NewReader(a)), json.NewDecoder(bytes.NewReader(b))
	x.UseNumber()
	y.UseNumber()
	for {
		s, errS := x.Token()
		t, errT := y.Token()
		if errS != nil || errT != nil {
			return errors.Is(errS, io.EOF) && errors.Is(errT, io.EOF)
		}
		if s != t {
			return false
		}
	}
}

// marker is a whole line, as tools of most languages write it.
var marker = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^(//|#|--|;|/?\*|<!--) ?(Code generated .* DO NOT EDIT\.|@generated\b.*|This file is autogenerated\b.*|Generated by .* DO NOT EDIT.*)[ \t\r]*$`)
})

func isGenerated(src []byte) bool {
	src = src[:min(len(src), markerBytes)]
	if !bytes.Contains(src, []byte("enerated")) {
		return false // which is cheaper to find than that no line matches
	}
	return marker().Match(bytes.TrimRightFunc(src, unicode.IsSpace))
}
