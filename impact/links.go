package impact

import (
	"context"
	"path"
	"strings"

	"custody/internal/change"
	"custody/internal/git"
)

// maxLinkBytes bounds the text of a symbolic link, as file systems do.
const maxLinkBytes = 4096

// readLinks notes where symbolic links lead that are called like source files. They are not
// followed, so who imports one by its own name is not known to use what stands there. A link
// to a folder is none of them: what is imported through it names nothing in the tree.
func (b *builder) readLinks(ctx context.Context) error {
	var links []*treeFile
	var ids []git.OID
	for i := range b.files {
		f := &b.files[i]
		if f.entry.Mode == git.ModeSymlink && classify(f.path, git.ModeFile, b.Languages).language != nil {
			links, ids = append(links, f), append(ids, f.entry.ID)
		}
	}
	if len(links) == 0 {
		return nil
	}
	return b.Source.Blobs(ctx, ids, maxLinkBytes, func(i int, target []byte, err error) error {
		f := links[i]
		g := gap{file: f.path, family: family(classify(f.path, git.ModeFile, b.Languages).language.Name), skip: f.class.skip}
		to, inside := linkTarget(f.path, string(target))
		switch {
		case err != nil:
			g.any = true
		case !inside:
			return ctx.Err()
		default:
			g.names, g.exact = []string{to}, true
		}
		b.gap(g)
		return ctx.Err()
	})
}

// linkTarget is the path to which a link leads, as it is written; false where that is outside
// of the tree.
func linkTarget(from change.Path, target string) (to string, inside bool) {
	if target == "" || path.IsAbs(target) {
		return "", false
	}
	to = path.Join(path.Dir(string(from)), target)
	return to, to != ".." && !strings.HasPrefix(to, "../")
}
