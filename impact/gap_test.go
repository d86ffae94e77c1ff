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
		"test/sim/area/chat.ts":        "import { x } from '../../common/contributions.js'\nx()\n",
		"test/sim/area/fixture.ts":     "import { x } from './common/real'\nx()\n",
		"test/sim/area/deep/builds.ts": "import { x } from '../dist/contributions.js'\nx()\n",
		"test/sim/area/linked.ts":      "import { x } from './link/contributions'\nx()\n",
	}
	for _, test := range []struct{ name, file, link, want string }{
		{"elsewhere", "test/sim/area/chat.ts", "", ""},
		{"copied with its folder", "test/sim/area/fixture.ts", "", "unresolved test/sim/area/fixture.ts"},
		{"where builds write to", "test/sim/area/deep/builds.ts", "", "unresolved test/sim/area/deep/builds.ts"},
		{"behind no link", "test/sim/area/linked.ts", "", ""},
		{"behind a link", "test/sim/area/linked.ts", "test/sim/area/link", "unresolved test/sim/area/linked.ts"},
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
