package impact

import (
	"testing"

	"custody/impact/lang"
)

// TestRelativeGaps: a relative import that leads nowhere hides only what can stand there.
func TestRelativeGaps(t *testing.T) {
	from := map[string]string{
		"src/contributions.ts":         "export const a = 1\n",
		"src/common/real.ts":           "export const a = 1\n",
		"src/user.ts":                  "import { a } from './contributions'\nexport const b = a\n",
		"test/sim/work/chat.ts":        "import { x } from '../../common/contributions.js'\nx()\n",
		"test/sim/work/fixture.ts":     "import { x } from './common/real'\nx()\n",
		"test/sim/work/deep/builds.ts": "import { x } from '../dist/contributions.js'\nx()\n",
		"test/sim/work/linked.ts":      "import { x } from './link/contributions'\nx()\n",
	}
	for _, test := range []struct{ name, file, link, want string }{
		{"elsewhere", "test/sim/work/chat.ts", "", ""},
		{"copied with its folder", "test/sim/work/fixture.ts", "", "unresolved test/sim/work/fixture.ts"},
		{"where builds write to", "test/sim/work/deep/builds.ts", "", "unresolved test/sim/work/deep/builds.ts"},
		{"behind no link", "test/sim/work/linked.ts", "", ""},
		{"behind a link", "test/sim/work/linked.ts", "test/sim/work/link", "unresolved test/sim/work/linked.ts"},
	} {
		tree := map[string]string{test.file: from[test.file]}
		for _, path := range []string{"src/contributions.ts", "src/common/real.ts", "src/user.ts"} {
			tree[path] = from[path]
		}
		if test.link != "" {
			tree[test.link] = symlink
		}
		head := clone(tree, "src/contributions.ts", "export const a = 2\n")
		head["src/common/real.ts"] = "export const a = 2\n"
		m := &memory{}
		r, err := Assess(t.Context(), AssessInput{Source: m, Change: changeOf(m, tree, head), Languages: lang.All})
		if err != nil {
			t.Fatal(err)
		}
		if got := codes(r); got != test.want {
			t.Errorf("%s: %q, want %q: %+v", test.name, got, test.want, r.Reasons)
		}
	}
}
