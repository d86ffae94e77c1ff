package agentinstructions

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"custody/internal/control/keywords"
)

// A phrase is what no instructions should say. words, in lower case, stand in every text
// that it matches: only where one does is the expression tried.
type phrase struct {
	rule  string
	words []string
	expr  string
	says  string
	// starts are texts of which every match begins with one: the expression is tried only
	// there. None: it is tried everywhere.
	starts []string
}

var phrases = []phrase{
	{"override", []string{"ignore", "disregard", "forget", "override", "bypass"},
		`\b(?:ignore|disregard|forget)\s+(?:(?:all|any|every|each|the|your|my|our|of|these|those|other)\s+){0,4}(?:previous|prior|earlier|above|preceding|foregoing|existing|original|initial|system|safety|security)\s+(?:\w+\s+){0,2}(?:instructions?|prompts?|rules|guidelines?|directives?|constraints|restrictions|guardrails|safeguards|policies)\b|` +
			`\b(?:override|bypass)\s+(?:(?:all|any|every|your|of|these|those)\s+){1,4}(?:previous|prior|earlier|above|preceding|original|initial|safety|security)\s+(?:\w+\s+)?(?:instructions|prompts|rules|guidelines|directives|constraints|restrictions|guardrails|safeguards)\b`,
		"it tells an agent to ignore what it was told before",
		[]string{"ignore", "disregard", "forget", "override", "bypass"}},
	{"override", []string{"you are now", "act as", "pretend", "enter", "enable", "activate", "switch to"},
		`\b(?:you\s+are\s+now|act\s+as|pretend\s+to\s+be|(?:enter|enable|activate|switch\s+to))\s+(?:an?\s+|in\s+|the\s+)?(?:dan|jailbroken|unrestricted|unfiltered|uncensored|god[\s-]mode|jailbreak|developer[\s-]mode\s+(?:enabled|without))\b`,
		"it tells an agent to be another without restrictions",
		[]string{"you", "act", "pretend", "enter", "enable", "activate", "switch"}},
	{"secrecy", []string{"user", "human", "reviewer", "maintainer", "developer"},
		`\b(?:do\s+not|don'?t|never)\s+(?:tell|inform|notify|alert|warn|mention\s+(?:this|it|that)\s+to|reveal\s+(?:this|it|that)\s+to|disclose\s+(?:this|it|that)\s+to|show\s+(?:this|it)\s+to|let)\s+(?:to\s+)?(?:the\s+|any\s+)?(?:users?|humans?|reviewers?|maintainers?|developers?)\s+(?:(?:about|of|that|know\s+(?:about|that)|see)\s+)?(?:this|these|that\s+you|you|it\b)`,
		"it tells an agent to hide something from people", nil},
	{"secrecy", []string{"without"},
		`\bwithout\s+(?:telling|informing|notifying|alerting|the\s+knowledge\s+of|mentioning\s+(?:it|this)\s+to)\s+(?:the\s+|any\s+)?(?:users?|humans?|reviewers?|maintainers?|developers?|anyone)\b`,
		"it tells an agent to hide something from people", nil},
	{"exfiltration", []string{"http", "webhook", "dns", "base64"},
		`\b(?:send|post|upload|exfiltrate|transmit|forward|leak|submit|report)\b[^.\n]{0,80}(?:\.env\b|\b(?:api[ _-]?keys?|secrets|credentials|passwords|access\s+tokens?|environment\s+variables|env\s+vars|ssh\s+keys?|private\s+keys?|id_rsa|conversation|chat\s+history|system\s+prompt|source\s+code)\b)[^.\n]{0,80}\b(?:to|via|using|with)\b[^\n]{0,20}(?:https?://|webhook|a\s+dns|base64)`,
		"it tells an agent to send secrets away", nil},
	{"exfiltration", []string{"]("},
		`!\[[^\]]*\]\(https?://[^)\s]*[?&/=](?:\{\{?|\$\{?|<|%7b)[^)]*(?:secret|token|key|password|env|data|conversation|history|prompt)[^)]*\)`,
		"it makes an agent write an image whose address carries data away", nil},
	{"fake-turn", []string{"<|", "[inst]", "<<sys>>", "<start_of_turn>"},
		`<\|(?:im_start|im_end|system|assistant|user|endoftext|eot_id|start_header_id|begin_of_text|channel|message)\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>`,
		"it holds the marks with which a model tells who speaks", nil},
	{"hidden-comment", []string{"<!--"},
		`<!--(?:[^-]|-[^-])*?\b(?:ignore\s+(?:all|any|previous|prior|the\s+(?:user|above))|disregard|secretly|silently|do\s+not\s+(?:tell|mention|reveal|show)|never\s+(?:tell|mention|reveal)|exfiltrate|curl\s|wget\s|you\s+must\s+(?:now|first|always)?\s*(?:run|execute|send|fetch|download))\b(?:[^-]|-[^-])*?-->`,
		"a comment that no page shows tells an agent what to do", nil},
	{"pipe-to-shell", []string{"curl", "wget", "iwr", "irm", "invoke-"},
		`\b(?:curl|wget)\b[^|\n;&]{0,300}\|\s*(?:sudo\s+)?(?:env\s+)?(?:ba|z|da|k)?sh\b|\b(?:iwr|irm|invoke-webrequest|invoke-restmethod)\b[^|\n;]{0,300}\|\s*(?:iex|invoke-expression)\b`,
		"it has an agent run what it fetches", nil},
	{"no-questions", []string{"--dangerously-skip-permissions", "--dangerously-bypass-approvals-and-sandbox", "--yolo", "--allow-all-tools", "--dangerously-allow-all", "--yes-always", "yes-always:", "--trust-all-tools", "--always-approve"},
		`(?:^|[\s"'\x60=(\[])(?:--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo|--allow-all-tools|--dangerously-allow-all|--yes-always|yes-always:\s*true|--trust-all-tools|--always-approve)\b`,
		"it starts an agent that never asks", nil},
	{"encoded", nil,
		`\b[A-Za-z0-9+/]{200,}={0,2}`,
		"it holds a long text in base64, which no reviewer reads", nil},
}

// compiled are the expressions, made when first needed.
var compiled = sync.OnceValue(func() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, p := range phrases {
		all = append(all, regexp.MustCompile("(?i)"+p.expr))
	}
	return all
})

// A said is a phrase and its place in a text.
type said struct {
	phrase
	start, end int
}

// atStart are the expressions of phrases with starts, for a text that begins with one.
var atStart = sync.OnceValue(func() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, p := range phrases {
		if p.starts == nil {
			all = append(all, nil)
			continue
		}
		all = append(all, regexp.MustCompile("^(?i:"+p.expr+")"))
	}
	return all
})

// A vocabulary is the words and the starts of all phrases.
type vocabulary struct {
	*keywords.Set
	of    []int  // phrase of each
	start []bool // it is a start
}

var known = sync.OnceValue(func() vocabulary {
	var v vocabulary
	var all []string
	for i, p := range phrases {
		for _, w := range p.words {
			all, v.of, v.start = append(all, w), append(v.of, i), append(v.start, false)
		}
		for _, w := range p.starts {
			all, v.of, v.start = append(all, w), append(v.of, i), append(v.start, true)
		}
	}
	v.Set = keywords.New(all)
	return v
})

// most is how many places of one phrase are told of a text.
const most = 20

// listen finds phrases in a text of whole lines, those of some rules or of all.
func listen(text []byte, rules ...string) []said {
	v := known()
	found := make([]bool, len(phrases))
	starts := make([][]int, len(phrases))
	v.In(text, func(word, start, _ int) bool {
		i := v.of[word]
		if !v.start[word] {
			found[i] = true
			return true
		}
		if start > 0 && isWord(text[start-1]) {
			return true
		}
		// In tells them by their ends: "act" before "activate", which begins there, too.
		if n := len(starts[i]); n == 0 || starts[i][n-1] < start {
			starts[i] = append(starts[i], start)
		}
		return true
	})
	// The letters that fold to ASCII ones are looked for by the expressions alone.
	foreign := keywords.Foreign(text)
	var out []said
	for i, p := range phrases {
		if len(rules) > 0 && !slices.Contains(rules, p.rule) || !found[i] && len(p.words) > 0 {
			continue
		}
		var places [][]int
		if p.starts == nil || foreign {
			places = compiled()[i].FindAllIndex(text, most)
		} else {
			places = p.from(atStart()[i], text, starts[i])
		}
		for _, at := range places {
			if p.rule == "encoded" && at[0] >= 7 && strings.EqualFold(string(text[at[0]-7:at[0]]), "base64,") {
				continue // a picture within the text
			}
			out = append(out, said{p, at[0], at[1]})
		}
	}
	return out
}

// from finds a phrase where one of its starts stands, as trying it everywhere would.
func (p phrase) from(expr *regexp.Regexp, text []byte, starts []int) [][]int {
	var places [][]int
	end := 0
	for _, s := range starts {
		if s < end {
			continue
		}
		if m := expr.FindIndex(text[s:]); m != nil {
			end = s + m[1]
			if places = append(places, []int{s, end}); len(places) == most {
				break
			}
		}
	}
	return places
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
