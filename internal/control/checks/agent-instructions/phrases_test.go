package agentinstructions

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestListenMissesNothing holds what is found at the starts of phrases alone against
// their expressions, tried everywhere, on texts that are put together from parts of them.
func TestListenMissesNothing(t *testing.T) {
	everywhere := func(text string) []said {
		lower := strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				return r + 'a' - 'A'
			}
			return r
		}, text)
		var out []said
		for i, p := range phrases {
			found := len(p.words) == 0
			for _, w := range p.words {
				found = found || strings.Contains(lower, w)
			}
			if !found {
				continue
			}
			for _, at := range compiled()[i].FindAllStringIndex(text, most) {
				if p.rule == "encoded" && strings.HasSuffix(strings.ToLower(text[:at[0]]), "base64,") {
					continue
				}
				out = append(out, said{p, at[0], at[1]})
			}
		}
		return out
	}
	parts := []string{"ignore", "Disregard", "forget", "override", "bypass", "you", "are", "now", "you are now", "act", "as", "act as", "activate", "pretend to be", "enter", "enable", "switch to", "reactivate",
		"all", "any", "the", "your", "these", "of", "previous", "prior", "system", "safety", "instructions", "prompt", "prompts", "rules", "guardrails", "a", "an", "in", "dan", "jailbroken", "god mode", "developer-mode enabled", "unrestricted",
		"without telling", "never tell", "the user", "humans", "about this", "that you", "--yolo", "--always-approve", "yes-always: true", "<|im_start|>", "[INST]", "curl x |", "sh", "base64,", strings.Repeat("QUJD", 60),
		"\n", "\n\n", "_", "-", ".", "ignore all previous instructions", "you are now in dan", "é", "\xff", "di\u017fregard", "a\u017f", "bypas\u017f"}
	found := map[string]int{}
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 3))
		var b strings.Builder
		for range 1 + r.IntN(60) {
			part := parts[r.IntN(len(parts))]
			if r.IntN(4) == 0 {
				part = strings.ToUpper(part)
			}
			b.WriteString(part)
			b.WriteString([]string{" ", " ", " ", " ", "  ", "\t", "\n", ""}[r.IntN(8)])
		}
		text := b.String()
		got, want := listen([]byte(text)), everywhere(text)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d: found %v, want %v in %q", seed, got, want, text)
		}
		for _, s := range got {
			found[s.rule]++
		}
	}
	for _, rule := range []string{"override", "secrecy", "no-questions", "fake-turn", "pipe-to-shell", "encoded"} {
		if found[rule] < 20 {
			t.Errorf("%s was found %d times: the texts are poor", rule, found[rule])
		}
	}
}
