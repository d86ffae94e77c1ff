package report

import (
	"bytes"
	"cmp"
	"context"
	"path"
	"strings"

	"custody/impact"
	"custody/internal/git"
)

// CountSources counts source files by folder: those in the graph, and those that are
// not in it although they are code.
func (in *HealthInput) CountSources(g *impact.Graph) {
	in.Sources = map[string]int{}
	add := func(escaped string) bool {
		if foreign(escaped) {
			return false
		}
		in.Sources[path.Dir(escaped)]++
		return true
	}
	missing := map[string]string{} // path -> why
	g.EachSkip(func(s *impact.Skipped) {
		switch s.Reason {
		case impact.SkipUnsupported:
			if s.Detail == impact.ManifestDetail {
				return
			}
			missing[s.Path] = cmp.Or(s.Detail, "of a language") + ", which is not read"
		case impact.SkipLimit, impact.SkipUnreadable:
			missing[s.Path] = cmp.Or(s.Detail, s.Reason)
		}
	})
	in.NotRead = map[string]int{}
	g.EachNode(func(_ int32, n *impact.Node) {
		if n.Language == "" || n.Kind == impact.KindPackage {
			return
		}
		name := n.Path.Escaped()
		if add(name) {
			if why := missing[name]; why == "" {
				in.InGraph++
			} else {
				in.NotRead[why]++
			}
		}
		delete(missing, name)
	})
	for name, why := range missing {
		if add(name) {
			in.NotRead[why]++
		}
	}
}

// foreign says whether a file is somebody else's code, or an example for a test.
func foreign(name string) bool {
	for part := range strings.SplitSeq(path.Dir(name), "/") {
		switch part {
		case "vendor", "node_modules", "third_party", "testdata", "fixtures", "__fixtures__":
			return true
		}
	}
	return false
}

// maxDocument bounds one document that is searched for the names of folders, in bytes.
const maxDocument = 1 << 20

// names says whether a text names a folder: "internal/git" as it stands, but "git", which
// is a word like any other, only as "git/" or "`git`".
func names(text []byte, folder string) bool {
	deep := strings.Contains(folder, "/")
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(folder))
		if i < 0 {
			return false
		}
		before, behind := text[:at+i], text[at+i+len(folder):]
		at += i + 1
		switch {
		case partOfName(lastByte(before)), len(behind) > 0 && partOfName(behind[0]): // of another folder's
		case deep:
			return true
		case lastByte(before) == '/' && !bytes.HasSuffix(before, []byte("./")): // below another one
		case bytes.HasPrefix(behind, []byte("/")), lastByte(before) == '`' && bytes.HasPrefix(behind, []byte("`")):
			return true
		}
	}
}

func lastByte(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[len(b)-1]
}

// partOfName says whether a byte goes on with the name of a file or folder.
func partOfName(c byte) bool {
	return c == '_' || c == '-' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// Documented finds the folders that a document of the tree names, and those below them.
// The root needs no document but its own.
func Documented(ctx context.Context, r git.Reader, tree git.OID, folders map[string]int) (map[string]bool, error) {
	var ids []git.OID
	err := git.Walk(ctx, r, tree, git.DefaultWalkLimits(), func(p string, e git.Entry) error {
		switch strings.ToLower(path.Ext(p)) {
		case ".md", ".rst", ".adoc", ".txt":
			if e.Mode.IsRegular() && !foreign(p) {
				ids = append(ids, e.ID)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	err = git.Blobs(ctx, r, ids, maxDocument, func(_ int, text []byte, err error) error {
		if err != nil {
			return nil //nolint:nilerr // a document that can not be read names nothing
		}
		found["."] = true
		for folder := range folders {
			if !found[folder] && names(text, folder) {
				found[folder] = true
			}
		}
		return nil
	})
	for folder := range folders {
		for up := folder; up != "." && !found[folder]; up = path.Dir(up) {
			found[folder] = found[up]
		}
	}
	return found, err
}
