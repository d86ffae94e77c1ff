package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"custody/internal/control/cel"
)

// readHCL reads HCL as it is written (Terraform, Packer, Nomad), in the shape that other
// tools give it as JSON: a block is a list of bodies below its type and labels,
//
//	resource "aws_s3_bucket" "logs" { acl = "private" }
//	{resource: {aws_s3_bucket: {logs: [{acl: "private"}]}}}
//
// A literal is its value. What would have to be evaluated stays text: "${var.name}".
func readHCL(src []byte) ([]cel.Value, error) {
	if !utf8.Valid(src) {
		return nil, fmt.Errorf("it is not UTF-8")
	}
	r := &hclReader{src: strings.TrimPrefix(string(src), "\uFEFF")}
	body, err := r.body("", 0)
	if err != nil {
		return nil, fmt.Errorf("it is not HCL that can be read: line %d: %w", 1+strings.Count(r.src[:min(r.pos, len(r.src))], "\n"), err)
	}
	return []cel.Value{body}, nil
}

type hclReader struct {
	src  string
	pos  int
	deep int // templates within templates
	budget
}

// blocks are the blocks of one body, by type and labels.
type blocks struct {
	names []string
	sub   map[string]*blocks
	list  []cel.Value
}

func (b *blocks) add(names []string, body cel.Value) {
	if len(names) == 0 {
		b.list = append(b.list, body)
		return
	}
	if b.sub == nil {
		b.sub = map[string]*blocks{}
	}
	if b.sub[names[0]] == nil {
		b.sub[names[0]] = &blocks{}
		b.names = append(b.names, names[0])
	}
	b.sub[names[0]].add(names[1:], body)
}

func (b *blocks) value() (cel.Value, error) {
	if len(b.names) == 0 {
		return b.list, nil
	}
	if len(b.list) > 0 {
		return nil, fmt.Errorf("blocks of one type have different numbers of labels")
	}
	var m mapping
	for _, n := range b.names {
		v, err := b.sub[n].value()
		if err != nil {
			return nil, err
		}
		m.add(n, v)
	}
	return m.value()
}

// body reads attributes and blocks up to end, which is "}" or the end of the file.
func (r *hclReader) body(end string, depth int) (cel.Value, error) {
	var m mapping
	all := &blocks{}
	for {
		r.space(true)
		if r.pos == len(r.src) || end != "" && strings.HasPrefix(r.src[r.pos:], end) {
			break
		}
		if err := r.take(1, depth); err != nil {
			return nil, err
		}
		name, ok := r.ident()
		if !ok {
			return nil, fmt.Errorf("the name of an attribute or block is missing")
		}
		r.space(false)
		if r.next("=") && !strings.HasPrefix(r.src[r.pos:], "=") {
			v, err := r.expr(depth + 1)
			if err != nil {
				return nil, err
			}
			m.add(name, v)
		} else if err := r.block(all, name, depth); err != nil {
			return nil, err
		}
		r.space(false)
		if r.pos < len(r.src) && !r.next("\n") && !(end != "" && strings.HasPrefix(r.src[r.pos:], end)) {
			return nil, fmt.Errorf("a line break is missing after %q", name)
		}
	}
	if end != "" && !r.next(end) {
		return nil, fmt.Errorf("a block is not closed")
	}
	for _, n := range all.names {
		v, err := all.sub[n].value()
		if err != nil {
			return nil, err
		}
		m.add(n, v)
	}
	return m.value()
}

func (r *hclReader) block(all *blocks, name string, depth int) error {
	names := []string{name}
	for {
		r.space(false)
		if r.next("{") {
			break
		}
		if err := r.take(1, len(names)+depth); err != nil {
			return err
		}
		if label, ok := r.ident(); ok {
			names = append(names, label)
			continue
		}
		label, literal, err := r.quoted()
		if err != nil {
			return err
		}
		if !literal {
			return fmt.Errorf("the label of a block is not a plain text")
		}
		names = append(names, label)
	}
	body, err := r.body("}", depth+1)
	if err != nil {
		return err
	}
	all.add(names, body)
	return nil
}

// space skips blanks and comments, and line breaks if they mean nothing here.
func (r *hclReader) space(lines bool) {
	for r.pos < len(r.src) {
		rest := r.src[r.pos:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || lines && rest[0] == '\n':
			r.pos++
		case rest[0] == '#', strings.HasPrefix(rest, "//"):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				r.pos += i
			} else {
				r.pos = len(r.src)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				r.pos = len(r.src)
				return
			}
			r.pos += i + 4
		default:
			return
		}
	}
}

func (r *hclReader) next(s string) bool {
	if strings.HasPrefix(r.src[r.pos:], s) {
		r.pos += len(s)
		return true
	}
	return false
}

func (r *hclReader) ident() (string, bool) {
	start := r.pos
	for i, c := range r.src[start:] {
		if !(unicode.IsLetter(c) || c == '_' || i > 0 && (c == '-' || unicode.IsDigit(c))) {
			break
		}
		r.pos = start + i + utf8.RuneLen(c)
	}
	return r.src[start:r.pos], r.pos > start
}

// expr reads one expression: a literal if it is one to its end, else its text.
func (r *hclReader) expr(depth int) (cel.Value, error) {
	if err := r.take(1, depth); err != nil {
		return nil, err
	}
	r.space(false)
	start := r.pos
	v, literal, err := r.literal(depth)
	if literal && err == nil {
		end := r.pos
		if r.space(false); r.ends() {
			r.pos = end
			return v, nil
		}
	}
	r.pos = start
	if err := r.skip(); err != nil {
		return nil, err
	}
	text := strings.TrimSpace(r.src[start:r.pos])
	if text == "" {
		return nil, fmt.Errorf("a value is missing")
	}
	return "${" + text + "}", nil
}

// ends says whether an expression may end here.
func (r *hclReader) ends() bool {
	return r.pos == len(r.src) || strings.IndexByte("\n,]})", r.src[r.pos]) >= 0
}

// skip goes to the end of an expression that is not evaluated.
func (r *hclReader) skip() error {
	var open []byte
	for r.pos < len(r.src) {
		r.space(len(open) > 0)
		if r.pos == len(r.src) {
			break
		}
		c := r.src[r.pos]
		if len(open) == 0 && r.ends() {
			return nil
		}
		if len(open) > maxDepth {
			return fmt.Errorf("it is nested more than %d deep", maxDepth)
		}
		switch c {
		case '(':
			open = append(open, ')')
		case '[':
			open = append(open, ']')
		case '{':
			open = append(open, '}')
		case ')', ']', '}':
			if open[len(open)-1] != c {
				return fmt.Errorf("%q does not close what is open", c)
			}
			open = open[:len(open)-1]
		case '$', '\'', '`', ';', '@', '\\':
			return fmt.Errorf("%q stands in no expression", c)
		case '"':
			if _, _, err := r.quoted(); err != nil {
				return err
			}
			continue
		case '<':
			if strings.HasPrefix(r.src[r.pos:], "<<") {
				if _, _, err := r.heredoc(); err != nil {
					return err
				}
				continue
			}
		}
		r.pos++
	}
	if len(open) > 0 {
		return fmt.Errorf("%q is missing at the end", open[len(open)-1])
	}
	return nil
}

// literal reads a value that needs no evaluation; false when it is none.
func (r *hclReader) literal(depth int) (v cel.Value, ok bool, err error) {
	if r.pos == len(r.src) {
		return nil, false, nil
	}
	switch c := r.src[r.pos]; {
	case c == '"':
		return r.textual(r.quoted())
	case strings.HasPrefix(r.src[r.pos:], "<<"):
		return r.textual(r.heredoc())
	case c >= '0' && c <= '9', c == '-':
		return r.number()
	case c == '[':
		return r.tuple(depth)
	case c == '{':
		return r.object(depth)
	}
	switch word, _ := r.ident(); word {
	case "true", "false":
		return word == "true", true, nil
	case "null":
		return nil, true, nil
	}
	return nil, false, nil
}

// textual is a text with its templates, if any, as they are written.
func (r *hclReader) textual(s string, _ bool, err error) (cel.Value, bool, error) {
	return s, true, err
}

func (r *hclReader) number() (cel.Value, bool, error) {
	start := r.pos
	r.next("-")
	for r.pos < len(r.src) {
		c := r.src[r.pos]
		if !(c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || (c == '+' || c == '-') && (r.src[r.pos-1] == 'e' || r.src[r.pos-1] == 'E')) {
			break
		}
		r.pos++
	}
	s := r.src[start:r.pos]
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, true, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil, nil
}

func (r *hclReader) tuple(depth int) (cel.Value, bool, error) {
	r.next("[")
	list := []cel.Value{}
	for {
		r.space(true)
		if r.next("]") {
			return list, true, nil
		}
		if len(list) == 0 && r.comprehension() {
			return nil, false, nil
		}
		v, err := r.expr(depth + 1)
		if err != nil {
			return nil, false, err
		}
		list = append(list, v)
		r.space(true)
		if !r.next(",") && !strings.HasPrefix(r.src[r.pos:], "]") {
			return nil, false, fmt.Errorf("a list is not closed")
		}
	}
}

// comprehension says whether what follows is a for expression, which is not evaluated.
func (r *hclReader) comprehension() bool {
	rest, ok := strings.CutPrefix(r.src[r.pos:], "for")
	return ok && rest != "" && (rest[0] == ' ' || rest[0] == '\t')
}

func (r *hclReader) object(depth int) (cel.Value, bool, error) {
	r.next("{")
	var m mapping
	for {
		r.space(true)
		if r.next("}") {
			v, err := m.value()
			return v, err == nil, err
		}
		if len(m.keys) == 0 && r.comprehension() {
			return nil, false, nil
		}
		key, err := r.key(depth)
		if err != nil {
			return nil, false, err
		}
		v, err := r.expr(depth + 1)
		if err != nil {
			return nil, false, err
		}
		m.add(key, v)
		r.space(false)
		if !r.next(",") && !r.next("\n") && !strings.HasPrefix(r.src[r.pos:], "}") {
			return nil, false, fmt.Errorf("an object is not closed")
		}
	}
}

// key reads the key of an object's item and what stands between it and the value.
func (r *hclReader) key(depth int) (string, error) {
	start := r.pos
	name, ok := r.ident()
	if !ok && strings.HasPrefix(r.src[r.pos:], `"`) {
		var err error
		if name, _, err = r.quoted(); err != nil {
			return "", err
		}
		ok = true
	}
	r.space(false)
	if ok && (r.next("=") || r.next(":")) {
		return name, nil
	}
	r.pos = start // an expression: a number, or (...)
	var open int
	for r.pos < len(r.src) && r.src[r.pos] != '\n' {
		switch c := r.src[r.pos]; c {
		case '(', '[', '{':
			open++
		case ')', ']', '}':
			open--
		case '"':
			if _, _, err := r.quoted(); err != nil {
				return "", err
			}
			continue
		case '=', ':':
			if open == 0 {
				text := strings.TrimSpace(r.src[start:r.pos])
				r.pos++
				if _, err := strconv.ParseInt(text, 10, 64); err == nil {
					return text, nil
				}
				return "${" + text + "}", nil
			}
		}
		r.pos++
	}
	return "", fmt.Errorf("an item of an object has no value")
}

// quoted reads a text in quotes; plain says that no template is in it.
func (r *hclReader) quoted() (s string, plain bool, err error) {
	if !r.next(`"`) {
		return "", false, fmt.Errorf("a quoted text is missing")
	}
	var b strings.Builder
	plain = true
	for r.pos < len(r.src) {
		rest := r.src[r.pos:]
		switch {
		case rest[0] == '"':
			r.pos++
			return b.String(), plain, nil
		case rest[0] == '\n':
			return "", false, fmt.Errorf("a quoted text is broken over lines")
		case rest[0] == '\\':
			if err := r.escape(&b); err != nil {
				return "", false, err
			}
		case strings.HasPrefix(rest, "$${"), strings.HasPrefix(rest, "%%{"):
			b.WriteString(rest[1:3])
			r.pos += 3
		case strings.HasPrefix(rest, "${"), strings.HasPrefix(rest, "%{"):
			plain = false
			text, err := r.template()
			if err != nil {
				return "", false, err
			}
			b.WriteString(text)
		default:
			b.WriteByte(rest[0])
			r.pos++
		}
	}
	return "", false, fmt.Errorf("a quoted text is not closed")
}

func (r *hclReader) escape(b *strings.Builder) error {
	rest := r.src[r.pos:]
	if len(rest) < 2 {
		return fmt.Errorf("an escape is cut off")
	}
	if i := strings.IndexByte(`nrt"\`, rest[1]); i >= 0 {
		b.WriteByte("\n\r\t\"\\"[i])
		r.pos += 2
		return nil
	}
	n := map[byte]int{'u': 4, 'U': 8}[rest[1]]
	if n == 0 || len(rest) < 2+n {
		return fmt.Errorf("an escape is not known")
	}
	v, err := strconv.ParseUint(rest[2:2+n], 16, 32)
	if err != nil {
		return fmt.Errorf("an escape is not a number")
	}
	b.WriteRune(rune(v))
	r.pos += 2 + n
	return nil
}

// template reads ${...} or %{...} with everything in it.
func (r *hclReader) template() (string, error) {
	start := r.pos
	r.pos += 2
	// skip stops at the brace, since nothing that it opened is open.
	for {
		if err := r.take(1, 0); err != nil {
			return "", err
		}
		if r.deep++; r.deep > maxDepth {
			return "", fmt.Errorf("it is nested more than %d deep", maxDepth)
		}
		err := r.skip()
		r.deep--
		if err != nil {
			return "", err
		}
		if r.next("}") {
			return r.src[start:r.pos], nil
		}
		if !r.next("\n") {
			return "", fmt.Errorf("a template is not closed")
		}
	}
}

// heredoc reads <<NAME ... NAME; with a dash, the common indentation is taken off.
func (r *hclReader) heredoc() (s string, plain bool, err error) {
	r.next("<<")
	flush := r.next("-")
	name, ok := r.ident()
	r.next("\r")
	if !ok || !r.next("\n") {
		return "", false, fmt.Errorf("a text that begins with << has no name")
	}
	var lines []string
	plain = true
	for r.pos < len(r.src) {
		line, _, _ := strings.Cut(r.src[r.pos:], "\n")
		if strings.TrimSpace(line) == name {
			r.pos += len(strings.TrimRight(line, "\r"))
			if flush {
				lines = unindent(lines)
			}
			for i, l := range lines {
				lines[i] = strings.NewReplacer("$${", "${", "%%{", "%{").Replace(l)
			}
			return strings.Join(lines, ""), plain, nil
		}
		plain = plain && !strings.Contains(line, "${") && !strings.Contains(line, "%{")
		lines = append(lines, line+"\n")
		r.pos = min(r.pos+len(line)+1, len(r.src))
	}
	return "", false, fmt.Errorf("the text <<%s is not closed", name)
}

func unindent(lines []string) []string {
	least := -1
	for _, l := range lines {
		if n := len(l) - len(strings.TrimLeft(l, " \t")); strings.TrimSpace(l) != "" && (least < 0 || n < least) {
			least = n
		}
	}
	for i, l := range lines {
		lines[i] = l[min(max(least, 0), len(l)-len(strings.TrimLeft(l, " \t"))):]
	}
	return lines
}
