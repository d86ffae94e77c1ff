package impact

import (
	"maps"
	"testing"
)

// TestReasonNamesWhatIsThere: who reads that one thing mentions another looks it up, and
// finds it.
func TestReasonNamesWhatIsThere(t *testing.T) {
	from := map[string]string{
		"a.py": "def do_it():\n    return 1\n\ndef other():\n    return 1\n",
		"b.py": "import a\n\ndef run(x):\n    return getattr(a, 'do_' + x)()\n",
		"c.py": "import a\n\ndef named():\n    return a.do_it()\n",
		"d.py": "import b\n\ndef far():\n    return b.run('it')\n",
	}
	head := maps.Clone(from)
	head["a.py"] = "def do_it():\n    return 2\n\ndef other():\n    return 1\n"
	want := map[string]string{
		"b.py": "run may use any name, and so do_it of a.py, whose body changed",
		"c.py": "named mentions do_it of a.py, whose body changed",
		"d.py": "far mentions run of b.py, which may use any name, and so do_it of a.py, whose body changed",
	}
	for _, n := range assessTrees(t, from, head).Reached {
		if why, ok := want[n.Path]; ok && n.Reason != why {
			t.Errorf("%s: %q, want %q", n.Path, n.Reason, why)
		}
		delete(want, n.Path)
	}
	for path := range want {
		t.Errorf("%s is not reached", path)
	}
}

// TestReasonOfMembers: who uses a type, and calls a member of that name, may call that of another one.
func TestReasonOfMembers(t *testing.T) {
	from := map[string]string{
		"p/W.java": "package p;\npublic class W { public int value() { return 1; } public int other() { return 1; } }\n",
		"q/V.java": "package q;\nclass V { int g(p.W w, Box b) { return w.other() + b.value(); } int h(p.W w) { return w.other(); } }\n",
	}
	head := maps.Clone(from)
	head["p/W.java"] = "package p;\npublic class W { public int value() { return 2; } public int other() { return 1; } }\n"
	r := assessTrees(t, from, head)
	if want := "V.g uses W, and so maybe W.value of p/W.java, whose body changed"; len(r.Reached) != 1 || r.Reached[0].Reason != want {
		t.Errorf("%+v, want %q", r.Reached, want)
	}
}

// TestReasonOfPrograms: a test that runs a program does not say its function main.
func TestReasonOfPrograms(t *testing.T) {
	from := map[string]string{
		"go.mod":        "module m\n",
		"cmd/x/x.go":    "package main\nfunc main() { println(1) }\n",
		"e2e/x_test.go": "package e2e\nimport (\"os/exec\"; \"testing\")\nfunc TestX(t *testing.T) { exec.Command(\"go\", \"run\", \"../cmd/x\").Run() }\n",
	}
	head := maps.Clone(from)
	head["cmd/x/x.go"] = "package main\nfunc main() { println(2) }\n"
	want := "TestX may run main of cmd/x/x.go, whose body changed"
	r := assessTrees(t, from, head)
	if len(r.Reached) != 2 || r.Reached[1].Reason != want {
		t.Errorf("%+v, want %q", r.Reached, want)
	}
}
