package grep

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestUnsupported: what is refused says why, and mostly what would work.
func TestUnsupported(t *testing.T) {
	for command, want := range map[string]string{
		"":                                      "the command is empty",
		"grep":                                  "the command has no pattern",
		"grep x":                                "without -r and files grep reads its standard input; add -r",
		"grep x -":                              "- is the standard input",
		"grep -r x /etc":                        `"/etc" is an absolute path`,
		"grep -r x src/../..":                   "leads out of its folder",
		"grep -r x | wc -l":                     "a pipe (|) is not evaluated",
		"grep -r x; rm -rf .":                   "a second command (;) is not evaluated",
		"grep -r x && true":                     "&& or & is not evaluated",
		"grep -r x || true":                     "a pipe (|)",
		"grep -r x &":                           "&& or &",
		"grep -r x > /dev/null":                 "a redirection (>) is not evaluated; leave it out",
		"grep x < file":                         "a redirection (<)",
		"(grep -r x)":                           "a subshell",
		"grep -r $PATTERN .":                    "a variable or substitution ($)",
		`grep -r "$(id)" .`:                     "a variable or substitution ($)",
		"grep -r `id` .":                        "a command substitution (`)",
		"grep -r 'x":                            "a single quote is not closed",
		`grep -r "x`:                            "a double quote is not closed",
		`grep -r x \`:                           "the command ends in a backslash",
		"grep -r x\ngrep -r y":                  "a second line is not evaluated",
		"grep -r x *.py":                        "* outside of quotes stands for files",
		"grep -r x src/[ab]":                    "[ outside of quotes",
		"grep -r x --include=*.{ts,js}":         "{ outside of quotes may be expanded",
		"grep -r x ~/src":                       "~ at the start of a word",
		"grep -r x # all":                       "# at the start of a word",
		"LC_ALL=C grep -r x":                    "LC_ALL=... before the command",
		"git grep x":                            "git is not evaluated, only grep is; write grep -r",
		"rg x":                                  "rg is not evaluated",
		"egrep -r x":                            "egrep is not evaluated; write grep -E",
		"/usr/bin/grep -r x":                    `"/usr/bin/grep" is not evaluated`,
		"python -c 'import os'":                 `"python" is not evaluated; only grep can be verified`,
		"'!' grep -r x":                         "! is doubled or quoted",
		"! ! grep -r x":                         "! is doubled or quoted",
		"grep -rP x":                            "-P (Perl patterns) is not evaluated; write the pattern for -E",
		"grep -r --perl-regexp x":               "-P (Perl patterns)",
		"grep -f patterns -r .":                 "-f (patterns from a file)",
		"grep --file=patterns -r .":             "-f (patterns from a file)",
		"grep -rz x":                            "-z (NUL-separated lines)",
		"grep -rL x":                            "for something that must not occur write ! grep",
		"grep -rv x":                            "for something that must not occur write ! grep",
		"grep -rm1 x":                           "-m is not evaluated",
		"grep -rA3 x":                           "-A is not evaluated",
		"grep -r --binary-files=text x":         "--binary-files=text is not evaluated",
		"grep -r --incl='*.py' x":               "--incl=*.py is not evaluated",
		"grep -rEF x":                           "two of -G, -E and -F",
		"grep -r --include='src/*.py' x":        "has a slash, and grep compares it with names without folders",
		"grep -r --exclude-dir=a/b x":           "has a slash",
		"grep -r --exclude-dir=src x src":       "excludes the folder",
		"grep -r -e":                            "-e lacks its value",
		"grep -r --include":                     "--include lacks its value",
		`grep -rE '\d+'`:                        `\d means nothing to grep; write [0-9]`,
		`grep -rE 'a\tb'`:                       `\t means nothing to grep; write [[:space:]]`,
		`grep -r '\(a\)\1'`:                     `a back-reference (\1)`,
		`grep -rE '(a'`:                         "a parenthesis is not closed",
		`grep -rE 'a)'`:                         "a closing parenthesis has no opening one",
		`grep -r '[a'`:                          "a bracket ([) is not closed",
		`grep -r '[[:foo:]]'`:                   "no character class [:foo:]",
		`grep -r '[:alpha:]'`:                   "[:alpha:] is not a character class; write [[:alpha:]]",
		`grep -r '[z-a]'`:                       `the range "z-a" in brackets`,
		`grep -r '[[.a.]]'`:                     "[.a.] in brackets",
		`grep -r '[é]'`:                         "a bracket with characters beyond ASCII",
		`grep -rE 'é+'`:                         "a character beyond ASCII is repeated",
		`grep -rE '*a'`:                         "* has nothing before it to repeat",
		`grep -rE 'a{2,1}'`:                     "the repetition {2,1}",
		`grep -rE 'a{1001}'`:                    "the repetition {1001}",
		`grep -rE '(a{100}){100}'`:              "grows over the limit",
		`grep -rE '((a{9}){9}){99}'`:            "grows over the limit",
		`grep -rE '\<.*'`:                       `\< and \> are evaluated only beside`,
		`grep -r 'a\'`:                          "the pattern ends in a backslash",
		`grep -r ''`:                            "matches any line",
		`grep -rE 'a*'`:                         "matches any line",
		`grep -rE '.'`:                          "matches any line",
		`grep -rw 'a*'`:                         "with -w the pattern matches the empty text",
		"grep -r " + strings.Repeat("x", 2000):  "the patterns have more than 1024 bytes",
		"grep -r " + strings.Repeat("x ", 4000): "over the limit of 4096",
		"grep -rE '" + strings.Repeat("(", 200) + "'": "nested more than 100 deep",
	} {
		c, err := Parse(command)
		var u *Unsupported
		if !errors.As(err, &u) {
			t.Errorf("%.80s: accepted as %+v, or another error: %v", command, c, err)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s:\n got  %v\n want %s", command, err, want)
		}
	}
}

func TestSupported(t *testing.T) {
	for command, text := range map[string]string{
		`grep -r 'AESGCM' --include='*.py'`:                       "from x import AESGCM",
		`grep -r AESGCM --include=*.py .`:                         "AESGCM",
		`grep -rn --include '*.py' "AES\-GCM" src/`:               "AES-GCM",
		`  grep   -r -i -E "aes|chacha"  ./src  `:                 "ChaCha20",
		"grep -rE 'z' \\\n  --include='*.py'\n":                   "z",
		`grep -rF 'a.b*' .`:                                       "xa.b*y",
		`grep -rwF 'a.b' .`:                                       "x a.b y",
		`grep -r --regexp='a b' .`:                                "a b",
		`grep -re 'x' -e 'y' .`:                                   "y",
		`grep -r -- -x .`:                                         "a -x",
		`grep -rq --color=never it\'s .`:                          "it's",
		`grep -rE '\<(GET|POST)\>' .`:                             "a POST b",
		`grep -r 'a\{2,3\}\|b\+' .`:                               "xbbx",
		`grep -rE 'func main\(\) \{' .`:                           "func main() {",
		`grep -rE 'func .*{' .`:                                   "func x() {",
		`! grep -rE 'password[[:space:]]*=[[:space:]]*"[^"]+"' .`: `password = "x"`,
		`grep -rx 'é.*' .`:                                        "été",
		`grep -ri 'É' .`:                                          "É",
	} {
		c, err := Parse(command)
		if err != nil {
			t.Errorf("%s: %v", command, err)
			continue
		}
		if len(c.Find([]byte("first\n"+text+"\nlast\n"), 9)) != 1 {
			t.Errorf("%s does not find its line in %q (as %s)", command, text, c.matcher.re)
		}
		if c.Negated != strings.HasPrefix(command, "!") {
			t.Errorf("%s: negated %v", command, c.Negated)
		}
	}
}

func TestSplit(t *testing.T) {
	words, err := split(`a 'b c'"d \"e\" \x"f\ g '' ""` + "\\\n" + `h i#j --x=*`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range words {
		got = append(got, w.text)
	}
	if want := []string{"a", `b cd "e" \xf g`, "", "h", "i#j", "--x=*"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzParse: any command line is refused or understood, and what is understood finds
// nothing in no line and takes no time to say so.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"grep -r 'AESGCM' --include='*.py'", `! grep -rEi "a|b{2,3}[^]x-z]\<w" ./src --exclude-dir=vendor`, `grep -wF -e a -e 'b c' file`,
		`grep -r '\(a\|^b$\)*\{2,\}\w' .`, "grep -x '[[:alpha:]_]' -- -file", `grep -r a | b`, "grep -r $x", "git grep x",
	} {
		f.Add(s, []byte("a line\nanother\x00one\xff\n"))
	}
	f.Fuzz(func(t *testing.T, command string, text []byte) {
		c, err := Parse(command)
		if err != nil {
			var u *Unsupported
			if !errors.As(err, &u) || u.Reason == "" {
				t.Fatalf("error is a %T: %v", err, err)
			}
			return
		}
		if len(c.Find(nil, 1)) != 0 {
			t.Errorf("%q finds a line in nothing", command)
		}
		if len(text) < 1<<12 {
			lines := c.Find(text, 1000)
			for i, l := range lines {
				if !l.Binary && (l.Number < 1 || i > 0 && l.Number <= lines[i-1].Number || l.Number > strings.Count(string(text), "\n")+1) {
					t.Errorf("%q finds lines %v in %q", command, lines, text)
				}
			}
		}
		c.Selects("src/a.py")
		c.SelectsBelow("src/vendor")
		c.Mistake()
	})
}
