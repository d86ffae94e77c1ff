package claim

import "strings"

// Diff shows what Write would change, one line each with "-" or "+" before it, without
// context; empty when nothing.
func Diff(existing []byte, f Facts) (string, error) {
	out, err := Write(existing, f)
	if err != nil {
		return "", err
	}
	a, b := splitLines(existing), splitLines(out)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	var s strings.Builder
	mark := func(sign string, lines []string) {
		for _, l := range lines {
			s.WriteString(sign + l + "\n")
		}
	}
	if len(a)*len(b) > 1<<20 { // too much to align: one by the other
		mark("-", a)
		mark("+", b)
		return s.String(), nil
	}
	// common[i][j] is the length of the longest common subsequence of a[i:] and b[j:].
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			mark("-", a[i:i+1])
			i++
		default:
			mark("+", b[j:j+1])
			j++
		}
	}
	return s.String(), nil
}

func splitLines(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n"), "\n")
}
