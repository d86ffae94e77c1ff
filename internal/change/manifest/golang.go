package manifest

import (
	"fmt"
	"strings"
)

func goMod(src []byte) (*File, error) {
	f := &File{}
	block := ""
	err := lines(src, func(n int, line string) error {
		text, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(text)
		if len(words) == 0 {
			return nil
		}
		verb := block
		switch {
		case block != "" && words[0] == ")":
			block = ""
			return nil
		case block == "":
			verb, words = words[0], words[1:]
			if len(words) > 0 && words[0] == "(" {
				block = verb
				return nil
			}
		}
		for i, w := range words {
			words[i] = strings.Trim(w, "\"`")
		}
		switch verb {
		case "require":
			if len(words) < 2 {
				return fmt.Errorf("line %d: a require without a version", n)
			}
			f.Dependencies = append(f.Dependencies, Dependency{Name: words[0], Version: words[1], Indirect: strings.Contains(comment, "indirect"), Line: n})
		case "replace":
			i := 0
			for i < len(words) && words[i] != "=>" {
				i++
			}
			if i == 0 || i+1 >= len(words) {
				return fmt.Errorf("line %d: a replace without =>", n)
			}
			d := Dependency{Name: words[0] + " (replace)", Source: words[i+1], Line: n}
			if words[i+1] == words[0] {
				d.Source = "" // another version of the same
			}
			if i+2 < len(words) {
				d.Version = words[i+2]
			}
			f.Dependencies = append(f.Dependencies, d)
		}
		return nil
	})
	if err == nil && block != "" {
		err = fmt.Errorf("the block of %s is not closed", block)
	}
	return f, err
}

func goSum(src []byte) (*File, error) {
	f := &File{}
	err := lines(src, func(n int, line string) error {
		words := strings.Fields(line)
		if len(words) == 0 {
			return nil
		}
		if len(words) != 3 {
			return fmt.Errorf("line %d: three words are expected", n)
		}
		f.Dependencies = append(f.Dependencies, Dependency{Name: words[0], Version: words[1], Integrity: words[2], Indirect: true, Line: n})
		return nil
	})
	return f, err
}
