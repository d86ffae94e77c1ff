package event

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"custody/internal/store"
)

var (
	head = strings.Repeat("a", 40)
	prev = strings.Repeat("b", 40)
	self = Self{AppID: 99, Answers: []string{"explain"}, Protects: func(ref, main string) bool { return ref == "refs/heads/"+main }}
)

const place = `"installation":{"id":3},"repository":{"id":7,"full_name":"acme/shop","default_branch":"main"},"sender":{"login":"ada","id":1,"type":"User"}`

// What each event asks for: subjects with stage, + for a closed one; heads with @; who
// pushed with >.
func TestRead(t *testing.T) {
	pull := `"pull_request":{"number":5,"merged":%v,"head":{"sha":"` + head + `"},"base":{"ref":"main"}}`
	for _, c := range []struct{ event, body, want string }{
		{"pull_request", `{"action":"opened",` + fmt.Sprintf(pull, false) + `,` + place + `}`, "pull/5 merge"},
		{"pull_request", `{"action":"synchronize","before":"` + prev + `",` + fmt.Sprintf(pull, false) + `,` + place + `}`, "pull/5 merge >ada"},
		{"pull_request", `{"action":"edited",` + fmt.Sprintf(pull, false) + `,` + place + `}`, "pull/5 merge"},
		{"pull_request", `{"action":"assigned",` + fmt.Sprintf(pull, false) + `,` + place + `}`, "ignored"},
		{"pull_request", `{"action":"closed",` + fmt.Sprintf(pull, false) + `,` + place + `}`, "pull/5 merge"},
		{"pull_request", `{"action":"closed",` + fmt.Sprintf(pull, true) + `,` + place + `}`, "pull/5/record record pull/5 merge"},
		{"pull_request", `{"action":"closed",` + strings.Replace(fmt.Sprintf(pull, true), `"merged"`, `"merge_commit_sha":"`+prev+`","merged"`, 1) + `,` + place + `}`, "pull/5/record record as " + prev + " pull/5 merge"},
		{"pull_request", `{"action":"opened",` + fmt.Sprintf(pull, false) + `}`, "error"},
		{"pull_request", `{"action":"opened",` + place + `}`, "error"},
		{"pull_request", `{"action":"opened"`, "error"},
		{"pull_request_review", `{"action":"submitted",` + fmt.Sprintf(pull, false) + `,` + place + `}`, "pull/5 merge"},
		{"check_run", `{"action":"rerequested","check_run":{"head_sha":"` + head + `","app":{"id":99}},` + place + `}`, "@again"},
		{"check_run", `{"action":"requested_action","check_run":{"head_sha":"` + head + `","app":{"id":99},"pull_requests":[{"number":5,"base":{"ref":"main","repo":{"id":7}}},{"number":6,"base":{"ref":"main","repo":{"id":8}}}]},` + place + `}`, "pull/5 merge again @again"},
		{"check_run", `{"action":"completed","check_run":{"head_sha":"` + head + `","app":{"id":99}},` + place + `}`, "ignored"},
		{"check_run", `{"action":"rerequested","check_run":{"head_sha":"` + head + `","app":{"id":98}},` + place + `}`, "ignored"},
		{"check_run", `{"action":"completed","check_run":{"name":"ci/build","head_sha":"` + head + `","app":{"id":98,"slug":"jenkins"}},` + place + `}`, "@ci/build"},
		{"check_run", `{"action":"completed","check_run":{"name":"CodeQL","head_sha":"` + head + `","app":{"id":98,"slug":"github-advanced-security"}},` + place + `}`, "@CodeQL+scans"},
		{"check_suite", `{"action":"requested","check_suite":{"head_sha":"` + head + `","app":{"id":99}},` + place + `}`, "@"},
		{"check_suite", `{"action":"completed","check_suite":{"head_sha":"` + head + `","app":{"id":98}},` + place + `}`, "@suite+scans"},
		{"check_suite", `{"action":"completed","check_suite":{"head_sha":"` + head + `","app":{"id":99}},` + place + `}`, "ignored"},
		{"status", `{"context":"ci","state":"success","sha":"` + head + `",` + place + `}`, "@ci+scans"},
		{"status", `{"context":"ci","state":"pending","sha":"` + head + `",` + place + `}`, "@ci"},
		{"merge_group", `{"action":"checks_requested","merge_group":{"head_sha":"` + head + `","base_sha":"` + prev + `","base_ref":"refs/heads/main"},` + place + `}`, "queue/" + head + " merge"},
		{"merge_group", `{"action":"destroyed","merge_group":{"head_sha":"` + head + `","base_sha":"` + prev + `","base_ref":"refs/heads/main"},` + place + `}`, "queue/" + head + " merge closed"},
		{"push", `{"ref":"refs/heads/main","before":"` + prev + `","after":"` + head + `",` + place + `}`, "push/refs/heads/main@" + head + " record >ada"},
		{"push", `{"ref":"refs/heads/side","before":"` + prev + `","after":"` + head + `",` + place + `}`, ">ada"},
		{"push", `{"ref":"refs/heads/side","before":"` + head + `","after":"` + strings.Repeat("0", 40) + `","deleted":true,` + place + `}`, "ignored"},
		{"push", `{"ref":"refs/heads/side","before":"` + prev + `","after":"` + head + `","commits":[{"id":"` + strings.Repeat("5", 40) + `","distinct":true},{"id":"` + strings.Repeat("6", 40) + `","distinct":false},{"id":"main","distinct":true},{"id":"` + head + `","distinct":true}],` + place + `}`, ">ada +5555"},
		{"push", `{"ref":"refs/heads/a\u0000b","before":"` + prev + `","after":"` + head + `",` + place + `}`, "error"},
		{"issue_comment", `{"action":"created","issue":{"number":5,"pull_request":{}},"comment":{"id":8,"user":{"id":1,"type":"User"},"body":" /custody recheck"},` + place + `}`, "pull/5 merge /comment/8"},
		{"issue_comment", `{"action":"created","issue":{"number":5,"pull_request":{}},"comment":{"id":8,"user":{"id":1,"type":"Bot"},"body":"/custody recheck"},` + place + `}`, "ignored"},
		{"issue_comment", `{"action":"edited","changes":{"body":{"from":"/custody waive x"}},"issue":{"number":5,"pull_request":{}},"comment":{"id":8,"user":{"id":1,"type":"User"},"body":"never mind"},` + place + `}`, "pull/5 merge /comment/8 over"},
		{"issue_comment", `{"action":"edited","changes":{},"issue":{"number":5,"pull_request":{}},"comment":{"id":8,"user":{"id":1,"type":"User"},"body":"/custody waive x"},` + place + `}`, "pull/5 merge"},
		{"issue_comment", `{"action":"edited","changes":{"body":{"from":"hello"}},"issue":{"number":5,"pull_request":{}},"comment":{"id":8,"user":{"id":1,"type":"User"},"body":"hello, you"},` + place + `}`, "ignored"},
		{"issue_comment", `{"action":"deleted","issue":{"number":5,"pull_request":{}},"comment":{"id":8,"user":{"id":1,"type":"User"},"body":"/custody waive x"},` + place + `}`, "pull/5 merge /comment/8 over"},
		{"check_run", `{"action":"requested_action","requested_action":{"identifier":"explain"},"check_run":{"head_sha":"` + head + `","external_id":"7/pull/5","app":{"id":99}},` + place + `}`, "@ !explain 7/pull/5"},
		{"issue_comment", `{"action":"created","issue":{"number":5,"pull_request":{}},"comment":{"id":8,"user":{"id":1,"type":"User"},"body":"not /custody"},` + place + `}`, "ignored"},
		{"issue_comment", `{"action":"created","issue":{"number":5},"comment":{"id":8,"user":{"id":1,"type":"User"},"body":"/custody recheck"},` + place + `}`, "ignored"},
		{"installation", `{"action":"created","installation":{"id":3},"repositories":[{"id":7,"full_name":"acme/shop"}]}`, "reconcile =active"},
		{"installation", `{"action":"suspend","installation":{"id":3}}`, "=suspended"},
		{"installation", `{"action":"deleted","installation":{"id":3}}`, "=removed"},
		{"installation_repositories", `{"action":"removed","installation":{"id":3},"repositories_removed":[{"id":7,"full_name":"acme/shop"}]}`, "=removed"},
		{"repository", `{"action":"renamed",` + place + `}`, "=active"},
		{"repository", `{"action":"deleted",` + place + `}`, "=removed"},
		{"repository", `{"action":"archived",` + place + `}`, "=archived"},
		{"repository", `{"action":"unarchived",` + place + `}`, "=active"},
		{"star", `{"action":"created"}`, "ignored"},
		{"ping", `not read at all`, "ignored"},
	} {
		if got := tell(Read(self, "guid", c.event, []byte(c.body))); got != c.want {
			t.Errorf("%s %s\n\t%s, want %s", c.event, c.body, got, c.want)
		}
	}
}

// What anybody may do waits, and says who does it and what it may mean; a new head, what landed,
// and what takes a say does not.
func TestPace(t *testing.T) {
	pull := `"pull_request":{"number":5,"merged":%t,"head":{"sha":"` + head + `"},"base":{"ref":"main"}}`
	open := fmt.Sprintf(pull, false)
	comment := `"issue":{"number":5,"pull_request":{},"user":{"id":%d}},"comment":{"id":8,"user":{"id":1,"type":"User"},"body":"/custody recheck"},` + place
	by := " by ada"
	for _, c := range []struct{ event, body, want string }{
		{"pull_request", `{"action":"opened",` + open + `,` + place + `}`, "0s 0"},
		{"pull_request", `{"action":"synchronize",` + open + `,` + place + `}`, "0s 0"},
		{"pull_request", `{"action":"edited",` + open + `,` + place + `}`, "10m0s 3" + by},
		{"pull_request", `{"action":"reopened",` + open + `,` + place + `}`, "10m0s 3" + by},
		{"pull_request", `{"action":"closed",` + open + `,` + place + `}`, "10m0s 3" + by},
		{"pull_request", `{"action":"closed",` + fmt.Sprintf(pull, true) + `,` + place + `}`, "0s 0"},
		{"pull_request", `{"action":"edited",` + fmt.Sprintf(pull, true) + `,` + place + `}`, "10m0s 3" + by},
		{"pull_request", `{"action":"labeled",` + open + `,` + strings.Replace(place, `"User"`, `"Bot"`, 1) + `}`, "10m0s 3"},
		{"pull_request_review", `{"action":"submitted",` + open + `,` + place + `}`, "10m0s 1" + by},
		{"pull_request_review", `{"action":"dismissed",` + open + `,` + place + `}`, "0s 0"},
		{"issue_comment", `{"action":"created",` + fmt.Sprintf(comment, 2) + `}`, "10m0s 0" + by},
		{"issue_comment", `{"action":"created",` + fmt.Sprintf(comment, 1) + `}`, "10m0s 2" + by},
		{"check_run", `{"action":"rerequested","check_run":{"head_sha":"` + head + `","app":{"id":99}},` + place + `}`, "10m0s 0" + by + ", likely"},
		{"pull_request", `{"action":"labeled",` + strings.Replace(open, `"number"`, `"user":{"id":2},"number"`, 1) + `,` + place + `}`, "10m0s 3" + by + ", likely"},
		{"pull_request", `{"action":"edited",` + strings.Replace(open, `"number"`, `"user":{"id":1},"author_association":"NONE","number"`, 1) + `,` + place + `}`, "10m0s 3" + by},
		{"pull_request", `{"action":"edited",` + strings.Replace(open, `"number"`, `"user":{"id":1},"author_association":"MEMBER","number"`, 1) + `,` + place + `}`, "10m0s 3" + by + ", likely"},
		{"pull_request_review", `{"action":"submitted","review":{"author_association":"COLLABORATOR"},` + open + `,` + place + `}`, "10m0s 1" + by + ", likely"},
		{"pull_request_review", `{"action":"edited","review":{"author_association":"COLLABORATOR"},` + open + `,` + place + `}`, "10m0s 1" + by},
		{"issue_comment", strings.Replace(`{"action":"created",`+fmt.Sprintf(comment, 2)+`}`, `"body"`, `"author_association":"OWNER","body"`, 1), "10m0s 0" + by + ", likely"},
		{"issue_comment", strings.Replace(`{"action":"created",`+fmt.Sprintf(comment, 2)+`}`, `"body"`, `"author_association":"CONTRIBUTOR","body"`, 1), "10m0s 0" + by},
		{"check_run", `{"action":"completed","check_run":{"head_sha":"` + head + `","app":{"id":98}},` + place + `}`, "1m0s 3"},
		{"check_run", `{"action":"completed","check_run":{"head_sha":"` + head + `","conclusion":"success","app":{"id":98}},` + place + `}`, "1m0s 2"},
		{"check_run", `{"action":"completed","check_run":{"head_sha":"` + head + `","conclusion":"success","app":{"id":98,"slug":"github-advanced-security"}},` + place + `}`, "1m0s 3"},
		{"status", `{"context":"ci","state":"success","sha":"` + head + `",` + place + `}`, "1m0s 3"},
		{"merge_group", `{"action":"checks_requested","merge_group":{"head_sha":"` + head + `","base_sha":"` + prev + `","base_ref":"refs/heads/main"},` + place + `}`, "0s 0"},
		{"push", `{"ref":"refs/heads/side","before":"` + prev + `","after":"` + head + `",` + place + `}`, "0s 0"},
	} {
		o, err := Read(self, "guid", c.event, []byte(c.body))
		if err != nil {
			t.Errorf("%s %s: %v", c.event, c.body, err)
			continue
		}
		var paces []store.Pace
		for _, r := range o.Requests {
			paces = append(paces, r.Pace)
		}
		for _, w := range o.Wakes {
			paces = append(paces, w.Pace)
		}
		for _, h := range o.Heads {
			paces = append(paces, h.Pace)
		}
		if len(paces) == 0 {
			t.Errorf("%s %s asks for nothing", c.event, c.body)
		}
		for _, p := range paces {
			got := fmt.Sprintf("%s %d", p.MayWait, p.Weighs)
			if p.Asker != "" {
				got += " by " + p.Asker
			}
			if p.Likely {
				got += ", likely"
			}
			if got != c.want {
				t.Errorf("%s %s\n\t%s, want %s", c.event, c.body, got, c.want)
			}
		}
	}
}

// Which pull request a group adds is told by the ref that GitHub makes for it, and a branch
// of any name makes no other out of it.
func TestQueued(t *testing.T) {
	const queue = "refs/heads/gh-readonly-queue/"
	for _, c := range []struct {
		ref, base string
		want      int64
	}{
		{queue + "main/pr-7-" + head, "refs/heads/main", 7},
		{queue + "main/pr-7-" + head + head[:24], "refs/heads/main", 7}, // SHA-256
		{queue + "a/pr-3-" + head + "/pr-7-" + prev, "refs/heads/a/pr-3-" + head, 7},
		{queue + "a/pr-3-" + head + "/pr-7-" + prev, "refs/heads/a", 0},
		{queue + "main/pr-7-" + head, "refs/heads/mai", 0},
		{queue + "main/pr-7-" + head, "refs/heads/main/", 0},
		{queue + "main/pr-7-" + head, "main", 0},
		{queue + "main/pr-07-" + head, "refs/heads/main", 0},
		{queue + "main/pr-+7-" + head, "refs/heads/main", 0},
		{queue + "main/pr--7-" + head, "refs/heads/main", 0},
		{queue + "main/pr-0-" + head, "refs/heads/main", 0},
		{queue + "main/pr-99999999999999999999-" + head, "refs/heads/main", 0},
		{queue + "main/pr-7-" + head[1:], "refs/heads/main", 0},
		{queue + "main/pr-7-" + head + "\n", "refs/heads/main", 0},
		{queue + "main/pr-7", "refs/heads/main", 0},
		{"refs/heads/main/pr-7-" + head, "refs/heads/main", 0},
		{"", "", 0},
	} {
		if got := queued(c.ref, c.base); got != c.want {
			t.Errorf("%q on %q: %d", c.ref, c.base, got)
		}
	}
}

func tell(o Outcome, err error) string {
	if err != nil {
		return "error"
	}
	var words []string
	if o.Reconcile != 0 {
		words = append(words, "reconcile")
	}
	for _, r := range o.Requests {
		words = append(words, r.Name, r.Stage)
		if r.Landed != "" {
			words = append(words, "as", r.Landed)
		}
		if r.Closed {
			words = append(words, "closed")
		}
		if r.Again {
			words = append(words, "again")
		}
	}
	for _, h := range o.Heads {
		word := "@"
		if e := h.Ended; e != nil {
			word += cmp.Or(e.Name, "suite") + map[bool]string{true: "+scans"}[e.Scans]
		}
		if h.Again {
			word += "again"
		}
		words = append(words, word)
	}
	for _, c := range o.Commands {
		words = append(words, "/"+c.Name)
		if c.Asks == "" {
			words = append(words, "over")
		}
	}
	if o.Press != nil {
		words = append(words, "!"+o.Press.Identifier, o.Press.External)
	}
	for _, p := range o.Pushes {
		words = append(words, ">"+p.Login)
		for _, commit := range p.Brought {
			words = append(words, "+"+commit[:4])
		}
	}
	for _, i := range o.Installs {
		if i.State != "" {
			words = append(words, "="+string(i.State))
		}
	}
	if o.State == store.Ignored {
		words = append(words, "ignored")
	}
	return strings.Join(words, " ")
}

// Whatever comes, it is read or refused, and what is asked for can be.
func FuzzRead(f *testing.F) {
	for name := range readers {
		for _, action := range []string{"opened", "closed", "created", "completed", "checks_requested", "rerequested", "deleted"} {
			f.Add(name, []byte(`{"action":"`+action+`","ref":"refs/heads/main","before":"`+prev+`","after":"`+head+`","sha":"`+head+`","number":5,
"pull_request":{"number":5,"merged":true,"head":{"sha":"`+head+`"},"base":{"ref":"main"}},"check_run":{"head_sha":"`+head+`","app":{"id":99}},"check_suite":{"head_sha":"`+head+`","app":{"id":99}},
"merge_group":{"head_sha":"`+head+`","base_ref":"refs/heads/main"},"issue":{"number":5,"pull_request":{}},"comment":{"id":8,"user":{"id":1,"type":"User"},"body":"/custody recheck"},`+place+`}`))
		}
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		o, err := Read(self, "guid", name, body)
		if err != nil {
			return
		}
		for _, r := range o.Requests {
			if r.Repo <= 0 || r.Installation <= 0 || r.Name == "" || r.Stage == "" || r.Head != "" && !isCommit(r.Head) || strings.ContainsFunc(r.Ref+r.Name+r.Base, unicode.IsControl) {
				t.Errorf("%+v", r)
			}
		}
		for _, p := range o.Pushes {
			if p.Repo <= 0 && json.Valid(body) || strings.ContainsFunc(p.Ref+p.Login+p.Type, unicode.IsControl) {
				t.Errorf("%+v", p)
			}
		}
	})
}
