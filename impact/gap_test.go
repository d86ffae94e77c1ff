package impact

import (
	"strings"
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

// TestBuildScripts: a script of Gradle says the name of the product and uses none of its
// classes; of those of builds for builds it may.
func TestBuildScripts(t *testing.T) {
	const settings = "include 'core'\n"
	from := map[string]string{
		"core/src/main/java/p/Acme.java": "package p;\npublic class Acme { int m() { return 1; } }\n",
		"core/src/main/java/p/User.java": "package p;\nclass User { int m() { return new Acme().m(); } }\n",
	}
	for _, test := range []struct{ name, file, text, more, want string }{
		{"a script", "core/build.gradle.kts", "description = \"Acme core\"\n", "", ""},
		{"one in Groovy", "core/build.gradle", "description = 'Acme core'\n", "", ""},
		{"the settings", "settings.gradle.kts", "rootProject.name = \"Acme\"\n", "", ""},
		{"a script that runs a class", "core/build.gradle", "task gen(type: JavaExec) { main = 'p.Acme' }\n", "", "unsupported core/build.gradle"},
		{"a plug-in among sources", "core/src/main/kotlin/acme.gradle.kts", "Acme()\n", "", "unsupported core/src/main/kotlin/acme.gradle.kts"},
		{"a script of a build that includes this one", "../build.gradle.kts", "Acme()\n", "", "unsupported build.gradle.kts"},
		{"a class of buildSrc", "core/build.gradle.kts", "Acme()\n", "buildSrc/", "unsupported core/build.gradle.kts"},
		{"a class of a build for builds", "core/build.gradle.kts", "Acme()\n", "build-logic/java/", "unsupported core/build.gradle.kts"},
		{"a source of Kotlin", "core/src/main/kotlin/p/K.kt", "package p\nclass K { val a = Acme() }\n", "", "unsupported core/src/main/kotlin/p/K.kt"},
	} {
		tree := map[string]string{"settings.gradle": settings}
		for p, text := range from {
			tree[test.more+p] = text
		}
		if p, outside := strings.CutPrefix(test.file, "../"); outside {
			tree = map[string]string{"settings.gradle": settings, "in/settings.gradle": settings, p: test.text}
			for p, text := range from {
				tree["in/"+p] = text
			}
			test.more = "in/"
		} else {
			tree[test.file] = test.text
		}
		head := clone(tree, test.more+"core/src/main/java/p/Acme.java", "package p;\npublic class Acme { int m() { return 2; } }\n")
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
