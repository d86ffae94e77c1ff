package githubtest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// hooks sends deliveries and keeps what became of each.
type hooks struct {
	mu       sync.Mutex
	cond     *sync.Cond
	url      string
	client   *http.Client
	queue    []*Attempt
	sending  int
	senders  sync.WaitGroup
	held     bool
	stopped  chan struct{}
	attempts []*Attempt // as they were made, oldest first
	guid     int
	now      func() time.Time // nil: that of everything
}

// DeliveryClock makes now the time of deliveries alone: tokens are of the time of their client.
func (gh *GitHub) DeliveryClock(now func() time.Time) {
	gh.hooks.mu.Lock()
	defer gh.hooks.mu.Unlock()
	gh.hooks.now = now
}

// An Attempt is one try to deliver one event.
type Attempt struct {
	ID            int64
	GUID          string // the same when it is tried again
	Event, Action string
	Payload       []byte
	Redelivery    bool
	At            time.Time
	StatusCode    int // 0: no answer
	Took          time.Duration

	installation, repo int64
	header             http.Header
	secret             string
}

// OK says whether the receiver took it.
func (a *Attempt) OK() bool { return a.StatusCode >= 200 && a.StatusCode < 300 }

func (h *hooks) start(gh *GitHub) {
	h.cond = sync.NewCond(&h.mu)
	h.stopped = make(chan struct{})
	h.client = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	h.senders.Go(func() { h.run(gh) })
}

func (h *hooks) done() <-chan struct{} { return h.stopped }

func (h *hooks) stop() {
	h.mu.Lock()
	close(h.stopped)
	h.cond.Broadcast()
	h.mu.Unlock()
	h.senders.Wait()
	h.client.CloseIdleConnections()
}

func (h *hooks) run(gh *GitHub) {
	for {
		h.mu.Lock()
		for (len(h.queue) == 0 || h.held) && !h.isStopped() {
			h.cond.Wait()
		}
		if h.isStopped() {
			h.mu.Unlock()
			return
		}
		a := h.queue[0]
		h.queue = h.queue[1:]
		h.sending++
		url := h.url
		h.mu.Unlock()

		start := time.Now()
		status := h.post(url, a)

		h.mu.Lock()
		a.StatusCode, a.At, a.Took = status, gh.now(), time.Since(start)
		if h.now != nil {
			a.At = h.now()
		}
		h.attempts = append(h.attempts, a)
		h.sending--
		h.cond.Broadcast()
		h.mu.Unlock()
	}
}

func (h *hooks) isStopped() bool {
	select {
	case <-h.stopped:
		return true
	default:
		return false
	}
}

func (h *hooks) post(url string, a *Attempt) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-h.stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(a.Payload))
	if err != nil {
		return 0
	}
	r.Header = a.header.Clone()
	response, err := h.client.Do(r)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// DeliverTo sends deliveries to a URL from now on; before, the App has no webhook and
// nothing is sent or kept.
func (gh *GitHub) DeliverTo(url string) {
	gh.hooks.mu.Lock()
	defer gh.hooks.mu.Unlock()
	gh.hooks.url = url
}

// Senders makes n deliveries go out at the same time, as GitHub's do, instead of one
// after the other.
func (gh *GitHub) Senders(n int) {
	for range n - 1 {
		gh.hooks.senders.Go(func() { gh.hooks.run(gh) })
	}
}

// Hold keeps deliveries back, Release sends them in the order in which they came.
func (gh *GitHub) Hold() { gh.hooks.hold(true) }

// Release ends Hold.
func (gh *GitHub) Release() { gh.hooks.hold(false) }

func (h *hooks) hold(held bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = held
	h.cond.Broadcast()
}

// Lose drops what is held: deliveries that GitHub never made. It gives their number.
func (gh *GitHub) Lose() int {
	gh.hooks.mu.Lock()
	defer gh.hooks.mu.Unlock()
	n := len(gh.hooks.queue)
	gh.hooks.queue = nil
	return n
}

// Shuffle changes the order of what is held, by a function such as rand.Shuffle.
func (gh *GitHub) Shuffle(shuffle func(n int, swap func(i, j int))) {
	gh.hooks.mu.Lock()
	defer gh.hooks.mu.Unlock()
	q := gh.hooks.queue
	shuffle(len(q), func(i, j int) { q[i], q[j] = q[j], q[i] })
}

// Settle waits until every delivery that is not held has been tried.
func (gh *GitHub) Settle() {
	h := &gh.hooks
	h.mu.Lock()
	defer h.mu.Unlock()
	for (len(h.queue) > 0 && !h.held || h.sending > 0) && !h.isStopped() {
		h.cond.Wait()
	}
}

// Deliveries lists the attempts so far, oldest first.
func (gh *GitHub) Deliveries() []Attempt {
	gh.hooks.mu.Lock()
	defer gh.hooks.mu.Unlock()
	out := make([]Attempt, len(gh.hooks.attempts))
	for i, a := range gh.hooks.attempts {
		out[i] = *a
	}
	return out
}

// Sign is the X-Hub-Signature-256 of a payload.
func Sign(secret string, payload []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(payload)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

// eventNeeds are the permissions, at least to read, that an App needs to subscribe to an event:
// "Webhook events and payloads" in GitHub's documentation. Its OpenAPI description does not say.
var eventNeeds = map[string]string{
	"branch_protection_rule": "administration", "check_run": "checks", "check_suite": "checks", "create": "contents", "delete": "contents",
	"issue_comment": "issues", "merge_group": "merge_queues", "pull_request": "pull_requests", "pull_request_review": "pull_requests",
	"push": "contents", "repository": "metadata", "status": "statuses",
}

// Unsupported are the events of a manifest that its permissions do not allow: GitHub makes no App
// of it, and says "Default events are not supported by permissions".
func Unsupported(permissions map[string]string, events []string) []string {
	return slices.DeleteFunc(slices.Clone(events), func(e string) bool {
		needs, known := eventNeeds[e]
		return known && permissions[needs] != ""
	})
}

// send queues a delivery about a repository, if the App is there to hear of it.
// The caller holds the lock.
func (gh *GitHub) send(r *Repo, event, action string, sender *Account, payload object) {
	i := gh.installationOf(r)
	if r.quiet || i == nil || i.Suspended || !slices.Contains(i.App.Events, event) || len(Unsupported(i.Permissions, []string{event})) > 0 {
		return
	}
	payload["repository"] = r.object(nil)
	if r.Owner.Type == "Organization" {
		payload["organization"] = account(gh, r.Owner)
	}
	gh.deliver(i, r.ID, event, action, sender, payload)
}

func (gh *GitHub) sendInstallation(i *Installation, action string) {
	repos := []any{}
	for _, r := range gh.repos {
		if !r.Gone && i.sees(r) {
			repos = append(repos, r.object(nil))
		}
	}
	gh.deliver(i, 0, "installation", action, i.Account, object{"repositories": repos})
}

func (gh *GitHub) sendInstallationRepos(i *Installation, action string, added, removed []any) {
	gh.deliver(i, 0, "installation_repositories", action, i.Account, object{
		"repositories_added": added, "repositories_removed": removed, "repository_selection": i.object()["repository_selection"], "requester": nil,
	})
}

// deliver queues one delivery in the form that the description has for it.
func (gh *GitHub) deliver(i *Installation, repo int64, event, action string, sender *Account, payload object) {
	h := &gh.hooks
	h.mu.Lock()
	url := h.url
	h.mu.Unlock()
	if url == "" {
		return
	}
	name := strings.ReplaceAll(event, "_", "-")
	if action != "" {
		payload["action"] = action
		name += "-" + strings.ReplaceAll(action, "_", "-")
	}
	payload["sender"] = account(gh, sender)
	payload["installation"] = object{"id": i.ID, "node_id": node("I", i.ID)}
	if event == "installation" || event == "installation_repositories" {
		payload["installation"] = i.object()
	}
	doc, err := description()
	if err != nil {
		panic(err) // New has read it
	}
	ref := doc.Components.Schemas["webhook-"+name]
	if ref == nil {
		gh.tb.Errorf("githubtest: there is no webhook %s", name)
		return
	}
	shaped, err := shape(ref.Value, payload)
	if err == nil {
		err = ref.Value.VisitJSON(shaped)
	}
	if err != nil {
		gh.tb.Errorf("githubtest: the delivery %s is none of GitHub's: %s", name, brief(err))
	}
	text, err := json.Marshal(shaped)
	if err != nil {
		gh.tb.Error(err)
	}
	gh.enqueue(event, action, text, i.ID, repo)
}

// Deliver sends a payload as it is, signed, as one of GitHub's: a sample, or a
// mutated one. It gives the GUID.
func (gh *GitHub) Deliver(event string, payload []byte) string {
	defer gh.lock()()
	return gh.enqueue(event, "", payload, 0, 0)
}

func (gh *GitHub) enqueue(event, action string, payload []byte, installation, repo int64) string {
	h := &gh.hooks
	h.mu.Lock()
	defer h.mu.Unlock()
	h.guid++
	a := &Attempt{
		ID: gh.nextID(), GUID: fmt.Sprintf("%08x-0000-11f0-8000-000000000000", h.guid),
		Event: event, Action: action, Payload: payload, installation: installation, repo: repo, secret: gh.App.WebhookSecret,
	}
	a.sign(gh)
	h.queue = append(h.queue, a)
	h.cond.Broadcast()
	return a.GUID
}

// sign writes the headers of a delivery, by the secret of the App.
func (a *Attempt) sign(gh *GitHub) {
	a.header = http.Header{
		"Accept": {"*/*"}, "Content-Type": {"application/json"}, "User-Agent": {"GitHub-Hookshot/0123abc"},
		"X-Github-Delivery": {a.GUID}, "X-Github-Event": {a.Event}, "X-Github-Hook-Id": {"1"},
		"X-Github-Hook-Installation-Target-Id": {strconv.FormatInt(gh.App.ID, 10)}, "X-Github-Hook-Installation-Target-Type": {"integration"},
	}
	if a.secret != "" {
		a.header.Set("X-Hub-Signature-256", Sign(a.secret, a.Payload))
	}
}

// Redeliver tries a delivery again, as the button in the App's settings does.
func (gh *GitHub) Redeliver(guid string) {
	gh.tb.Helper()
	defer gh.lock()()
	if !gh.again(func(a *Attempt) bool { return a.GUID == guid }) {
		gh.tb.Errorf("githubtest: there is no delivery %s", guid)
	}
}

func (gh *GitHub) again(which func(*Attempt) bool) bool {
	h := &gh.hooks
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.attempts, which)
	if i < 0 {
		return false
	}
	a := *h.attempts[i]
	a.ID, a.Redelivery, a.StatusCode = gh.nextID(), true, 0
	a.secret = gh.App.WebhookSecret
	a.sign(gh)
	h.queue = append(h.queue, &a)
	h.cond.Broadcast()
	return true
}

func (a *Attempt) object() object {
	status := "OK"
	switch {
	case a.StatusCode == 0:
		status = "failed to connect to host"
	case !a.OK():
		status = "Invalid HTTP Response: " + strconv.Itoa(a.StatusCode)
	}
	out := object{
		"id": a.ID, "guid": a.GUID, "delivered_at": a.At.UTC().Format(time.RFC3339Nano), "redelivery": a.Redelivery, "duration": a.Took.Seconds(),
		"status": status, "status_code": a.StatusCode, "event": a.Event, "action": nil, "installation_id": nil, "repository_id": nil, "url": "",
		"throttled_at": nil,
	}
	if a.Action != "" {
		out["action"] = a.Action
	}
	if a.installation != 0 {
		out["installation_id"] = a.installation
	}
	if a.repo != 0 {
		out["repository_id"] = a.repo
	}
	return out
}

func getHookConfig(c *call) *answer {
	c.gh.hooks.mu.Lock()
	defer c.gh.hooks.mu.Unlock()
	out := object{"content_type": "json", "insecure_ssl": "0", "url": c.gh.hooks.url}
	if c.gh.App.WebhookSecret != "" {
		out["secret"] = "********"
	}
	return ok(out)
}

// listDeliveries pages by cursor, newest first.
func listDeliveries(c *call) *answer {
	h := &c.gh.hooks
	h.mu.Lock()
	defer h.mu.Unlock()
	size := 30
	if n, err := strconv.Atoi(c.query.Get("per_page")); err == nil {
		size = min(n, 100)
	}
	list := []any{}
	newest := slices.SortedFunc(slices.Values(h.attempts), func(a, b *Attempt) int { return cmp.Compare(b.ID, a.ID) })
	for _, a := range newest {
		if cursor := c.query.Get("cursor"); cursor != "" && a.ID > number(cursor) {
			continue
		}
		if s := c.query.Get("status"); s != "" && (s == "success") != a.OK() {
			continue
		}
		if len(list) == size {
			q := c.query
			q.Set("cursor", strconv.FormatInt(a.ID, 10))
			return ok(list).with("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, c.gh.API, c.path, q.Encode()))
		}
		list = append(list, a.object())
	}
	return ok(list)
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func getDelivery(c *call) *answer {
	h := &c.gh.hooks
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.attempts {
		if a.ID != c.number("delivery_id") {
			continue
		}
		out := a.object()
		headers := object{}
		for k := range a.header {
			headers[k] = a.header.Get(k)
		}
		var payload any
		if json.Unmarshal(a.Payload, &payload) != nil {
			payload = nil
		}
		out["request"] = object{"headers": headers, "payload": payload}
		out["response"] = object{"headers": object{}, "payload": nil}
		return ok(out)
	}
	return notFound()
}

func redeliver(c *call) *answer {
	if !c.gh.again(func(a *Attempt) bool { return a.ID == c.number("delivery_id") }) {
		return notFound()
	}
	return &answer{status: 202, body: object{}}
}
