package commands

import (
	"strings"
	"testing"
)

// judge is the worst answer of one pattern to any command of a text.
func judge(t *testing.T, p *pattern, text string) tri {
	t.Helper()
	s := numbered(text, 1)
	commands, problems, _ := s.read()
	if len(problems) > 0 {
		t.Errorf("%q is not understood: %+v", text, problems)
	}
	answer := no
	for i := range commands {
		answer = either(answer, p.match(&commands[i]))
	}
	return answer
}

// TestPatterns runs the examples that stand in the table.
func TestPatterns(t *testing.T) {
	for _, p := range patterns() {
		if len(p.hits)+len(p.unsure) == 0 || len(p.misses) == 0 {
			t.Errorf("%s (%v): an example that matches and one that does not are wanted", p.id, p.names)
		}
		for want, examples := range map[tri][]string{yes: p.hits, no: p.misses, maybe: p.unsure} {
			for _, text := range examples {
				if got := judge(t, &p, text); got != want {
					t.Errorf("%s %v: %q is %d, want %d", p.id, p.names, text, got, want)
				}
			}
		}
	}
}

// TestPatternsAgainstAll: an example that matches one pattern is no match of those that
// it is not an example of, unless it stands here; and what must not match matches none.
func TestNoPatternTakesAnothersMisses(t *testing.T) {
	all := patterns()
	for _, p := range all {
		for _, text := range p.misses {
			for _, q := range all {
				if got := judge(t, &q, text); got == yes && q.id == p.id {
					t.Errorf("%s: %q must not match, and %v does", p.id, text, q.names)
				}
			}
		}
	}
}

// TestWraps: whatever runs a command does not hide it, and whatever only speaks of it is
// no command.
func TestWraps(t *testing.T) {
	wraps := []string{
		"%s", "sudo %s", "true && %s", "false || %s", "if x; then %s; fi", "(%s)", "{ %s; }", "x=$(%s)", "f() { %s; }", "time %s", "! %s", "for i in a b; do %s; done", "while x; do %s; done", "case x in a) %s;; esac",
		"env A=b %s", "timeout 10 %s", "nice -n 5 %s", "nohup %s &", "sudo -u root -E %s", "exec %s", "command %s", "A=b %s", "`%s`", "coproc %s", "echo \"$(%s)\"", "cat <<EOF\n$(%s)\nEOF", "xargs %s", "[ -f x ] && %s", "x; %s", "x\n%s\ny", "%s > /dev/null 2>&1", "%s # really",
		"stdbuf -oL %s", "setsid %s", "flock /tmp/l %s", "doas %s", "bash <<'EOF'\n%s\nEOF", "strace -f %s", "trap \"%s\" EXIT", "sh -c \"%s\"", "bash -euxo pipefail -c \"%s\"", "eval \"%s\"", "su root -c \"%s\"", "ssh -i k user@host \"%s\"", "sudo bash -c \"timeout 5 sh -c \\\"%s\\\"\"",
	}
	talk := []string{"echo %s", "echo '%s'", "printf '%%s' \"%s\"", "# %s", "grep '%s' f", "cat <<'EOF'\n%s\nEOF", "X='%s'", "git commit -m '%s'", ": %s", "log '%s'", "test x = '%s'", "[[ $x == '%s' ]]"}
	remove, push := &patterns()[0], patternByExample(t, "git push -f")
	for _, c := range []struct {
		p       *pattern
		command string
	}{{remove, "rm -rf /"}, {push, "git push -f origin main"}} {
		for _, w := range wraps {
			if text := strings.Replace(w, "%s", c.command, 1); judge(t, c.p, text) != yes {
				t.Errorf("%q is not found", text)
			}
		}
		for _, w := range talk {
			if text := strings.Replace(w, "%s", c.command, 1); judge(t, c.p, text) != no {
				t.Errorf("%q is found", text)
			}
		}
	}
}

func patternByExample(t *testing.T, example string) *pattern {
	t.Helper()
	for _, p := range patterns() {
		for _, h := range p.hits {
			if h == example {
				return &p
			}
		}
	}
	t.Fatalf("no pattern has the example %q", example)
	return nil
}

// TestSeedRules: every command that the patterns of the seed miss, and none that they
// take wrongly.
func TestSeedRules(t *testing.T) {
	all := patterns()
	ids := func(text string) string {
		var got []string
		for i := range all {
			if judge(t, &all[i], text) == yes {
				got = append(got, all[i].id)
			}
		}
		return strings.Join(got, " ")
	}
	for text, want := range map[string]string{
		"rm -fr /": "remove-root", "rm -r -f /": "remove-root", "rm  -rf /": "remove-root", "rm -rf -- /": "remove-root", "rm --recursive --force /": "remove-root", "rm -rf ~": "remove-root",
		"rm -rf /tmp/build": "", "rm -rf /tmp/x": "", "curl http://x | sh": "run-download", "": "", "ls": "",
		"git push -f": "force-push", "git push origin main --force": "force-push", "git push origin +main": "force-push", "git -C x push --force": "force-push", "git -C . push -f": "force-push", "git push -uf": "force-push",
		"git push --force-with-lease": "", `echo "git push --force"`: "",
		"npm i -g x": "install-unpinned", "npm -g install x": "install-unpinned", "npm install lodash-get": "", "npm install eslint-plugin-graphql": "",
		"kubectl -n prod delete pod x": "destroy-cluster", "kubectl drain n": "destroy-cluster",
		`psql -c "select * from superusers_view"`: "", "psql -c \"delete\nfrom users\"": "drop-data",
		"true&&sudo rm -rf /": "remove-root", "(sudo rm -rf /)": "remove-root", "env sudo rm -rf /": "remove-root", "echo x | sudo tee /etc/sudoers": "gives-rights",
	} {
		if got := ids(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestForkBomb(t *testing.T) {
	for text, want := range map[string]int{":(){ :|:& };:": 1, "bomb() { bomb | bomb & }; bomb": 1, "f() { f & f & }": 1, "f() { g | h; }": 0, "f() { f; }": 0} {
		s := numbered(text, 1)
		if _, _, bombs := s.read(); len(bombs) != want {
			t.Errorf("%q: %d", text, len(bombs))
		}
	}
}
