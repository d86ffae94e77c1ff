// Package grep understands one grep command line and answers what GNU grep would
// answer in the C locale, from bytes that are given to it.
//
// It never runs a program, opens a file or passes a pattern on to another engine as it
// is: the command is split as a shell would split it, its pattern is parsed as grep
// would parse it, and what results is written anew for Go's linear-time matcher.
// Whatever is outside of the subset is refused with a reason and, where there is one,
// a spelling that works. What is accepted agrees with GNU grep; the tests compare.
package grep

import "strings"

// A Command is one grep command line that was understood.
type Command struct {
	Negated   bool       // "! grep": good when nothing is found
	Recursive bool       // -r or -R
	Follow    bool       // -R: symbolic links too
	Paths     []string   // operands, cleaned, in order; none: with Recursive everything
	spelled   []string   // the same as written: --include and --exclude compare these
	filters   []filter   // --include, --exclude, in order
	skipDirs  []*fnmatch // --exclude-dir
	matcher   *matcher
}

// dialect is how a pattern is written.
type dialect uint8

const (
	basic    dialect = iota // -G, the default
	extended                // -E
	fixed                   // -F
)

// options is what the flags of a command line say.
type options struct {
	dialect    dialect
	dialects   int
	ignoreCase bool
	words      bool
	lines      bool
	patterns   []string
	hasPattern bool
}

// Parse reads a command line. Every error is an *Unsupported.
func Parse(commandLine string) (*Command, error) {
	words, err := split(commandLine)
	if err != nil {
		return nil, err
	}
	c := &Command{}
	if len(words) > 0 && words[0] == (word{"!", true}) {
		c.Negated, words = true, words[1:]
	}
	if err := checkProgram(words); err != nil {
		return nil, err
	}
	var o options
	operands, err := c.flags(&o, words[1:])
	if err != nil {
		return nil, err
	}
	if !o.hasPattern {
		if len(operands) == 0 {
			return nil, unsupported("grep -r 'pattern' --include='*.py'", "the command has no pattern")
		}
		o.add(operands[0])
		operands = operands[1:]
	}
	c.spelled = operands
	if c.Paths, err = cleanPaths(operands); err != nil {
		return nil, err
	}
	if len(c.Paths) == 0 && !c.Recursive {
		return nil, unsupported("add -r for the whole repository, or name files", "without -r and files grep reads its standard input")
	}
	if err := c.checkOperands(); err != nil {
		return nil, err
	}
	c.matcher, err = compile(o)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func checkProgram(words []word) error {
	if len(words) == 0 {
		return unsupported("grep -r 'pattern' --include='*.py'", "the command is empty")
	}
	name, _, assigns := strings.Cut(words[0].text, "=")
	switch {
	case words[0].text == "grep":
		return nil
	case words[0].text == "!":
		return unsupported("write a single, unquoted ! before grep", "! is doubled or quoted")
	case assigns && words[0].bare:
		return unsupported("leave it out: patterns mean what they mean in the C locale", "%s=... before the command is not evaluated", name)
	case words[0].text == "egrep":
		return unsupported("write grep -E", "egrep is not evaluated")
	case words[0].text == "fgrep":
		return unsupported("write grep -F", "fgrep is not evaluated")
	case words[0].text == "git", words[0].text == "rg", words[0].text == "ag", words[0].text == "ack", words[0].text == "find":
		return unsupported("write grep -r 'pattern' --include='*.py'", "%s is not evaluated, only grep is", words[0].text)
	}
	return unsupported("only grep can be verified; no program is ever run", "%q is not evaluated", clip(words[0].text))
}

func (o *options) add(pattern string) {
	o.hasPattern = true
	// Lines of a pattern are alternatives, as in grep.
	o.patterns = append(o.patterns, strings.Split(pattern, "\n")...)
}

// longFlags are the long spellings of short flags; abbreviations are not taken.
var longFlags = map[string]byte{
	"recursive": 'r', "dereference-recursive": 'R', "ignore-case": 'i', "word-regexp": 'w',
	"line-regexp": 'x', "fixed-strings": 'F', "extended-regexp": 'E', "basic-regexp": 'G',
	"files-with-matches": 'l', "count": 'c', "line-number": 'n', "quiet": 'q', "silent": 'q',
	"no-messages": 's', "no-filename": 'h', "with-filename": 'H',
	"perl-regexp": 'P', "null-data": 'z', "files-without-match": 'L', "invert-match": 'v',
	"only-matching": 'o', "file": 'f', "max-count": 'm', "regexp": 'e',
}

// refusedFlags change the answer in ways that are not evaluated.
var refusedFlags = map[byte][2]string{
	'P': {"-P (Perl patterns)", "write the pattern for -E"},
	'f': {"-f (patterns from a file)", "write the patterns with -e"},
	'z': {"-z (NUL-separated lines)", "leave it out: patterns match within lines"},
	'L': {"-L (files without a match)", "for something that must not occur write ! grep ..."},
	'v': {"-v (lines that do not match)", "for something that must not occur write ! grep ..."},
	'm': {"-m", "leave it out: the first match is enough"},
	'a': {"-a", "leave it out: binary files are searched too"},
	'I': {"-I", "name the files with --include"},
	'U': {"-U", "leave it out"},
	'y': {"-y", "write -i"},
}

// flags reads options and returns the operands. Options may follow operands, as in GNU
// grep.
func (c *Command) flags(o *options, words []word) (operands []string, err error) {
	for i := 0; i < len(words); i++ {
		w := words[i].text
		value := func(attached string) (string, error) { // of a flag that takes one
			if attached != "" {
				return attached, nil
			}
			if i++; i == len(words) {
				return "", unsupported("", "%s lacks its value", clip(w))
			}
			return words[i].text, nil
		}
		switch {
		case w == "--":
			for _, rest := range words[i+1:] {
				operands = append(operands, rest.text)
			}
			return operands, nil
		case strings.HasPrefix(w, "--"):
			if err := c.long(o, w[2:], value); err != nil {
				return nil, err
			}
		case len(w) > 1 && w[0] == '-':
			for j := 1; j < len(w); j++ {
				if w[j] == 'e' {
					p, err := value(w[j+1:])
					if err != nil {
						return nil, err
					}
					o.add(p)
					break
				}
				if err := c.short(o, w[j]); err != nil {
					return nil, err
				}
			}
		default:
			operands = append(operands, w)
		}
	}
	return operands, nil
}

func (c *Command) short(o *options, flag byte) error {
	if refused, ok := refusedFlags[flag]; ok {
		return unsupported(refused[1], "%s is not evaluated", refused[0])
	}
	set := func(d dialect) error {
		if o.dialects > 0 && o.dialect != d {
			return unsupported("keep one", "the command names two of -G, -E and -F")
		}
		o.dialect = d
		o.dialects++
		return nil
	}
	switch flag {
	case 'r':
		c.Recursive = true
	case 'R':
		c.Recursive, c.Follow = true, true
	case 'i':
		o.ignoreCase = true
	case 'w':
		o.words = true
	case 'x':
		o.lines = true
	case 'G':
		return set(basic)
	case 'E':
		return set(extended)
	case 'F':
		return set(fixed)
	case 'l', 'c', 'n', 'q', 's', 'h', 'H', 'o':
		// What is printed, and whether messages are: the answer stays the same.
	default:
		return unsupported("known: -r -R -i -w -x -F -E -G -e -l -c -n -o -q -s -h -H --include --exclude --exclude-dir", "-%c is not evaluated", printable(flag))
	}
	return nil
}

func (c *Command) long(o *options, flag string, value func(string) (string, error)) error {
	name, attached, hasValue := strings.Cut(flag, "=")
	switch name {
	case "include", "exclude", "exclude-dir", "regexp":
		v := attached
		if !hasValue {
			var err error
			if v, err = value(""); err != nil {
				return err
			}
		}
		if name == "regexp" {
			o.add(v)
			return nil
		}
		return c.filter(name, v)
	case "color", "colour":
		return nil
	}
	short, ok := longFlags[name]
	if !ok || hasValue && refusedFlags[short] == [2]string{} {
		return unsupported("", "--%s is not evaluated", clip(flag))
	}
	return c.short(o, short)
}

// cleanPaths checks operands: paths below the root of the repository.
func cleanPaths(operands []string) ([]string, error) {
	var paths []string
	for _, p := range operands {
		switch {
		case p == "":
			return nil, unsupported("", "an empty file name")
		case p == "-":
			return nil, unsupported("name files, or add -r", "- is the standard input")
		case p[0] == '/':
			return nil, unsupported("write paths from the root of the repository", "%q is an absolute path", clip(p))
		}
		var parts []string
		for part := range strings.SplitSeq(p, "/") {
			switch part {
			case "", ".":
			case "..":
				return nil, unsupported("write paths from the root of the repository", "%q leads out of its folder", clip(p))
			default:
				parts = append(parts, part)
			}
		}
		clean := strings.Join(parts, "/")
		if clean == "" {
			clean = "."
		}
		paths = append(paths, clean)
	}
	return paths, nil
}

// clip keeps a quoted part of the command short.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}

func printable(c byte) rune {
	if c < ' ' || c > '~' {
		return '?'
	}
	return rune(c)
}
