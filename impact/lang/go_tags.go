package lang

import (
	"bytes"
	"go/build/constraint"
	"math/bits"
	"path"
	"slices"
	"strings"
	"sync"
)

// maxGoTags bounds the names in the build constraints of a file whose combinations are
// tried; a file with more counts as built without any tag.
const maxGoTags = 8

// GoTags are the fewest build tags that somebody has to set so that a Go file is built on
// some platform: "integration", but not "linux". built is false where none do, as of
// "ignore", which nobody sets.
func GoTags(src []byte) (tags []string, built bool) {
	g := goScanner{src: src, lines: lineCounter{src: src}}
	g.header()
	return goTags(src[:g.head])
}

// goTags reads the constraints in what stands before the package clause.
func goTags(head []byte) (tags []string, built bool) {
	x := goConstraint(head)
	if x == nil {
		return nil, true
	}
	var names []string
	eachGoTag(x, func(tag string) {
		if tag != neverBuilt && !slices.Contains(names, tag) {
			names = append(names, tag)
		}
	})
	if len(names) > maxGoTags {
		return nil, true
	}
	own := 0 // by bit, as the sets below
	for i, tag := range names {
		if !isGoPlatform(tag) {
			own |= 1 << i
		}
	}
	best := -1
	for set := range 1 << len(names) {
		is := func(tag string) bool {
			i := slices.Index(names, tag)
			return i >= 0 && set>>i&1 != 0
		}
		if n := bits.OnesCount(uint(set & own)); (best < 0 || n < bits.OnesCount(uint(best))) && x.Eval(is) {
			best = set & own
		}
	}
	for i, tag := range names {
		if best > 0 && best>>i&1 != 0 {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags, best >= 0
}

// neverBuilt is the tag that programs which are run by hand carry.
const neverBuilt = "ignore"

// goConstraint is the condition under which a file is built, nil where there is none or the
// go command ignores it.
func goConstraint(head []byte) constraint.Expr {
	var all constraint.Expr
	for line := range bytes.Lines(head) {
		text := string(bytes.TrimSpace(line))
		now := constraint.IsGoBuild(text)
		if !now && !constraint.IsPlusBuild(text) {
			continue
		}
		x, err := constraint.Parse(text)
		switch {
		case err != nil:
		case now:
			return x
		case all == nil:
			all = x
		default:
			all = &constraint.AndExpr{X: all, Y: x}
		}
	}
	return all
}

func eachGoTag(x constraint.Expr, fn func(tag string)) {
	switch x := x.(type) {
	case *constraint.TagExpr:
		fn(x.Tag)
	case *constraint.NotExpr:
		eachGoTag(x.X, fn)
	case *constraint.AndExpr:
		eachGoTag(x.X, fn)
		eachGoTag(x.Y, fn)
	case *constraint.OrExpr:
		eachGoTag(x.X, fn)
		eachGoTag(x.Y, fn)
	}
}

// GoNameTags are the systems and machines for which alone a Go file is built, by its name:
// store_plan9.go, store_linux_arm64.go.
func GoNameTags(name string) []string {
	stem, ok := strings.CutSuffix(path.Base(name), ".go")
	if !ok {
		return nil
	}
	words := strings.Split(strings.TrimSuffix(stem, "_test"), "_")
	var tags []string
	for _, w := range words[max(1, len(words)-2):] {
		if isGoPlatform(w) {
			tags = append(tags, w)
		}
	}
	return tags
}

// isGoPlatform says whether the go command sets a tag itself, somewhere.
func isGoPlatform(tag string) bool {
	return strings.HasPrefix(tag, "go1.") || strings.HasPrefix(tag, "goexperiment.") || goPlatforms()[tag]
}

// goPlatforms are the systems and processors that Go has had, and what "go help
// buildconstraint" lists besides.
var goPlatforms = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for tag := range strings.FieldsSeq(`unix cgo gc gccgo race msan asan
		aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd
		plan9 solaris wasip1 windows zos
		386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le
		mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm`) {
		all[tag] = true
	}
	return all
})
