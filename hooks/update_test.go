package hooks

import (
	"os/exec"
	"strings"
	"testing"
)

const (
	one  = "1111111111111111111111111111111111111111"
	two  = "2222222222222222222222222222222222222222"
	none = "0000000000000000000000000000000000000000"
	wide = "3333333333333333333333333333333333333333333333333333333333333333"
)

func TestReadUpdates(t *testing.T) {
	got, err := ReadUpdates(strings.NewReader(one + " " + two + " refs/heads/main\n" + none + " " + one + " refs/heads/\xffnew"))
	if err != nil || len(got) != 2 || got[0].Ref != "refs/heads/main" || !got[1].Creates() || got[1].Deletes() || got[1].Ref != "refs/heads/\xffnew" {
		t.Fatalf("%+v, %v", got, err)
	}
	wideNone := strings.Repeat("0", 64)
	if got, err = ReadUpdates(strings.NewReader(wide + " " + wideNone + " refs/tags/v1\n")); err != nil || !got[0].Deletes() {
		t.Errorf("SHA-256: %+v, %v", got, err)
	}
	if got, err = ReadUpdates(strings.NewReader("")); err != nil || got != nil {
		t.Errorf("nothing: %+v, %v", got, err)
	}

	line := one + " " + two + " refs/heads/x\n"
	for what, in := range map[string]string{
		"two words":         one + " " + two + "\n",
		"a short id":        one[1:] + " " + two + " refs/heads/x\n",
		"upper case":        strings.ToUpper("a"+one[1:]) + " " + two + " refs/heads/x\n",
		"two kinds of ids":  one + " " + wide + " refs/heads/x\n",
		"no ref":            one + " " + two + " \n",
		"not below refs":    one + " " + two + " HEAD\n",
		"a name with space": one + " " + two + " refs/heads/x y\n",
		"an empty line":     line + "\n",
		"a megabyte":        one + " " + two + " refs/heads/" + strings.Repeat("x", 1<<20) + "\n",
		"a long name":       one + " " + two + " refs/heads/" + strings.Repeat("x", maxRef) + "\n",
		"too many":          strings.Repeat(line, maxUpdates+1),
		"a carriage return": one + " " + two + " refs/heads/x\r\n",
	} {
		if got, err := ReadUpdates(strings.NewReader(in)); err == nil {
			t.Errorf("%s: read as %d updates", what, len(got))
		}
	}
}

// Whatever git says of a name of a ref, we say.
func TestCheckRefAsGit(t *testing.T) {
	for _, ref := range []string{
		"refs/heads/main", "refs/heads/a/b", "refs/x", "refs/heads/ä", "refs/heads/\xff", "refs/heads/a..b", "refs/heads/.a", "refs/heads/a.",
		"refs/heads/a.lock", "refs/heads/a.lock/b", "refs/heads/a@{b", "refs/heads/@", "refs/heads/a b", "refs/heads/a~1", "refs/heads/a^", "refs/heads/a:b",
		"refs/heads/a?", "refs/heads/a*", "refs/heads/a[", `refs/heads/a\b`, "refs/heads//a", "refs/heads/a/", "refs/heads/-a", "refs/heads/a\x7f", "refs/heads/a\nb", "refs/",
	} {
		err := exec.Command("git", "check-ref-format", ref).Run()
		if ours := checkRef(ref); (err == nil) != (ours == nil) {
			t.Errorf("%q: git says %v, we say %v", ref, err, ours)
		}
	}
}

func FuzzReadUpdates(f *testing.F) {
	f.Add([]byte(one + " " + two + " refs/heads/main\n"))
	f.Add([]byte(none + " " + wide + " refs/heads/\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := ReadUpdates(strings.NewReader(string(in)))
		if err != nil {
			return
		}
		var again strings.Builder
		for _, u := range got {
			again.WriteString(u.Old.String() + " " + u.New.String() + " " + u.Ref + "\n")
		}
		if s := string(in); again.String() != s && again.String() != s+"\n" {
			t.Errorf("%q was read as %q", in, again.String())
		}
	})
}
