package githubtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// object is a JSON object on its way out.
type object = map[string]any

// An answer is what the server says to a call.
type answer struct {
	status int
	header http.Header
	body   any    // JSON, in the form of the description
	raw    []byte // instead of body: bytes as they are
}

func ok(body any) *answer      { return &answer{status: 200, body: body} }
func created(body any) *answer { return &answer{status: 201, body: body} }
func empty() *answer           { return &answer{status: 204} }
func notFound() *answer        { return refused(404, "Not Found") }

// refused is an error as GitHub words it.
func refused(status int, message string) *answer {
	return &answer{status: status, body: object{
		"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	}}
}

func (a *answer) with(name, value string) *answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
	return a
}

// A call is one request on its way through the server.
type call struct {
	gh     *GitHub
	op     *operation
	path   string // without the API's prefix
	params map[string]string
	query  url.Values
	header http.Header
	body   map[string]any // nil without one
	token  *token
	repo   *Repo // of {owner}/{repo}
}

func (c *call) text(field string) string {
	s, _ := c.body[field].(string)
	return s
}

// number is a parameter of the path that the description says is an integer.
func (c *call) number(name string) int64 {
	n, _ := strconv.ParseInt(c.params[name], 10, 64)
	return n
}

const maxBody = 32 << 20 // of a request

// ServeHTTP answers everything: the API, and git for everything below a *.git.
func (gh *GitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer gh.busy.enter()()
	if strings.Contains(r.URL.Path, ".git/") {
		gh.serveGit(w, r)
		return
	}
	path, isAPI := r.URL.EscapedPath(), true
	if gh.ghes {
		path, isAPI = strings.CutPrefix(path, "/api/v3")
	}
	if !isAPI {
		gh.tb.Errorf("githubtest: %s %s is no part of the API, which is at %s", r.Method, r.URL, gh.API)
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return // the client went away
	}
	a := gh.answerTo(r, path, body)
	if a == nil { // a fault took the connection
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Date", gh.now().UTC().Format(http.TimeFormat))
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	w.Write(a.raw)
}

// answerTo does all but write the answer; nil takes the connection away.
func (gh *GitHub) answerTo(r *http.Request, path string, body []byte) *answer {
	gh.mu.Lock()
	path = gh.byNumber(path)
	op, params := route(r.Method, path)
	c := &call{gh: gh, op: op, path: path, params: params, query: r.URL.Query(), header: r.Header}
	name := r.Method + " ?"
	if op != nil {
		name = op.name
	}
	fault := gh.fault(name, path)
	gh.mu.Unlock()

	if !fault.happen(r.Context(), gh.hooks.done()) { // not under the lock: it may take long, or change the state
		gh.mu.Lock()
		defer gh.mu.Unlock()
		gh.note(c, name, nil, body)
		return nil
	}
	gh.mu.Lock()
	defer gh.mu.Unlock()
	var a *answer
	switch {
	case op == nil:
		gh.tb.Errorf("githubtest: nobody expects %s %s", r.Method, r.URL)
		a = notFound()
	case fault.instead():
		a = fault.answer(gh)
	default:
		a = gh.perform(c, r, body)
	}
	gh.seal(c, a)
	gh.note(c, name, a, body)
	if fault.lose() {
		return nil
	}
	return a
}

func (gh *GitHub) note(c *call, name string, a *answer, body []byte) {
	done := Call{Operation: name, Path: c.path, Token: c.token.String(), Body: body, At: gh.now()}
	if len(c.query) > 0 {
		done.Path += "?" + c.query.Encode()
	}
	if a != nil {
		done.Status = a.status
	}
	gh.calls = append(gh.calls, done)
	gh.stir()
}

// seal makes bytes and headers of an answer. What the client has already is a 304,
// which costs it nothing.
func (gh *GitHub) seal(c *call, a *answer) {
	if a.body != nil {
		text, err := json.Marshal(a.body)
		if err != nil {
			gh.tb.Errorf("githubtest: the answer to %s: %v", c.path, err)
		}
		a.raw = text
		a.with("Content-Type", "application/json; charset=utf-8")
	}
	a.with("X-GitHub-Media-Type", "github.v3; format=json")
	if a.status == 200 && strings.HasPrefix(c.op.name, "GET ") {
		tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(a.raw))
		a.with("ETag", tag)
		if slices.Contains(strings.Split(c.header.Get("If-None-Match"), ", "), tag) {
			a.status, a.raw = 304, nil
			gh.quota.refund(c)
		}
	}
	gh.quota.headers(c, a)
}

// perform is one call: who asks, how often, for what, may they, is it well formed.
func (gh *GitHub) perform(c *call, r *http.Request, body []byte) *answer {
	var a *answer
	if c.token, a = gh.authenticate(r); a != nil {
		return a
	}
	if a = gh.quota.charge(c); a != nil {
		return a
	}
	if a = gh.locate(c); a != nil {
		return a
	}
	if a = gh.permit(c); a != nil {
		return a
	}
	if a = gh.check(c, r, body); a != nil {
		return a
	}
	return gh.checked(c, r, c.op.do(c))
}

// locate finds the repository of a call, where it is now.
func (gh *GitHub) locate(c *call) *answer {
	owner, name := c.params["owner"], c.params["repo"]
	if name == "" {
		return nil
	}
	if c.repo = gh.find(owner + "/" + name); c.repo != nil {
		return nil
	}
	r := gh.moved[strings.ToLower(owner+"/"+name)]
	if r == nil || r.Gone || !gh.visible(c.token, r) {
		return notFound()
	}
	// The request may be repeated as it is at the place that the number names.
	_, rest, _ := strings.Cut(strings.TrimPrefix(c.path, "/repos/"), "/")
	_, rest, _ = strings.Cut(rest, "/")
	to := strings.TrimSuffix(fmt.Sprintf("%s/repositories/%d/%s", gh.API, r.ID, rest), "/")
	if len(c.query) > 0 {
		to += "?" + c.query.Encode()
	}
	status := 301
	if !strings.HasPrefix(c.op.name, "GET ") {
		status = 307
	}
	return (&answer{status: status, body: object{
		"message": "Moved Permanently", "url": to, "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
	}}).with("Location", to)
}

// byNumber turns /repositories/ID/... into the /repos/OWNER/NAME/... of today.
func (gh *GitHub) byNumber(path string) string {
	rest, ok := strings.CutPrefix(path, "/repositories/")
	if !ok {
		return path
	}
	number, rest, _ := strings.Cut(rest, "/")
	id, _ := strconv.ParseInt(number, 10, 64)
	r := gh.byID(id)
	if r == nil {
		return path
	}
	return strings.TrimSuffix("/repos/"+r.FullName()+"/"+rest, "/")
}

// visible says whether somebody may know that a repository exists.
func (gh *GitHub) visible(t *token, r *Repo) bool {
	if t == nil || t.installation == nil {
		return !r.Private || t != nil
	}
	return !r.Private || t.covers(r)
}

func (t *token) covers(r *Repo) bool {
	return t.installation.sees(r) && (t.repos == nil || slices.Contains(t.repos, r.ID))
}

// permit keeps everybody to what they may do.
func (gh *GitHub) permit(c *call) *answer {
	switch needs := c.op.needs; {
	case needs == "nothing":
		return nil
	case c.token == nil:
		return refused(401, "Requires authentication")
	case needs == "app":
		if c.token.installation != nil {
			return refused(401, "A JSON web token could not be decoded")
		}
		return nil
	case c.token.installation == nil:
		// A JWT opens nothing but what is the App's own.
		return refused(401, "'Issuer' claim ('iss') must be an Integer")
	case needs == "installation":
		return nil
	default:
		if c.repo != nil && !gh.visible(c.token, c.repo) {
			return notFound()
		}
		outside := c.repo != nil && !c.token.covers(c.repo)
		if outside && strings.HasPrefix(c.op.name, "GET ") {
			return nil // what is public anybody may read
		}
		if outside || !may(c.token.permissions, needs) {
			return refused(403, "Resource not accessible by integration").
				with("X-Accepted-GitHub-Permissions", strings.NewReplacer(":", "=", "|", "; ").Replace(needs))
		}
		if c.repo != nil && c.repo.archived && !strings.HasPrefix(c.op.name, "GET ") {
			return refused(403, "Repository was archived so is read-only.")
		}
		return nil
	}
}

// check holds the request against the description. A client that sends what GitHub
// would not take, or would silently ignore, fails the test.
func (gh *GitHub) check(c *call, r *http.Request, body []byte) *answer {
	invalid := func(why string) *answer {
		gh.tb.Errorf("githubtest: %s %s: GitHub would not take this: %s", r.Method, c.path, why)
		return refused(422, "Validation Failed: "+why)
	}
	if len(body) > maxBody {
		return invalid("the body is too large")
	}
	if v := r.Header.Get("X-GitHub-Api-Version"); v != "" && v != "2022-11-28" {
		return invalid("this is the API of 2022-11-28, not " + v)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: c.params, Route: c.op.route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if len(body) > 0 && r.Header.Get("Content-Type") == "" {
		return invalid("a body without Content-Type")
	}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
		return invalid(brief(err))
	}
	for name := range c.query {
		if !c.op.takes(name) {
			return invalid("there is no parameter " + name)
		}
	}
	if len(body) == 0 {
		return nil
	}
	schema := c.op.schema()
	if schema == nil {
		if s := strings.TrimSpace(string(body)); s == "{}" || s == "null" {
			return nil
		}
		return invalid("it has no body")
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return refused(400, "Problems parsing JSON")
	}
	if u := unknown(schema, v, "body"); len(u) > 0 {
		return invalid("unknown fields " + strings.Join(u, ", "))
	}
	c.body, _ = v.(map[string]any)
	return nil
}

// checked gives the answer its form and holds it against the description: a fault
// found here is this package's own.
func (gh *GitHub) checked(c *call, r *http.Request, a *answer) *answer {
	if a.status >= 300 || a.raw != nil {
		return a
	}
	response := c.op.route.Operation.Responses.Status(a.status)
	if response == nil {
		gh.tb.Errorf("githubtest: the description of %s has no answer %d", c.op.name, a.status)
		return a
	}
	media := response.Value.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		if a.body != nil {
			gh.tb.Errorf("githubtest: the answer %d to %s has a body", a.status, c.op.name)
		}
		return a
	}
	shaped, err := shape(media.Schema.Value, a.body)
	if err == nil {
		err = media.Schema.Value.VisitJSON(shaped, openapi3.VisitAsResponse())
	}
	if err != nil {
		gh.tb.Errorf("githubtest: the answer to %s %s is none of GitHub's: %s", r.Method, c.path, brief(err))
	}
	a.body = shaped
	return a
}

// brief is an error of the validation without the schema and the whole value.
func brief(err error) string {
	var s *openapi3.SchemaError
	if errors.As(err, &s) {
		return fmt.Sprintf("%s: %s", strings.Join(s.JSONPointer(), "."), s.Reason)
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

// page cuts a list as the query asks for, and links to the other pages.
func (c *call) page(list []any) ([]any, string) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(c.query.Get(name)); err == nil && n > 0 {
			return n
		}
		return otherwise
	}
	size, page := min(number("per_page", 30), 100), number("page", 1)
	last := max(1, (len(list)+size-1)/size)
	var links []string
	link := func(n int, rel string) {
		q := url.Values{}
		for k, v := range c.query {
			q[k] = v
		}
		q.Set("page", strconv.Itoa(n))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.gh.API, c.path, q.Encode(), rel))
	}
	if page > 1 {
		link(page-1, "prev")
	}
	if page < last {
		link(page+1, "next")
		link(last, "last")
	}
	if page > 1 {
		link(1, "first")
	}
	from := min((page-1)*size, len(list))
	return list[from:min(from+size, len(list))], strings.Join(links, ", ")
}

// list answers with a page of a plain list.
func (c *call) list(all []any) *answer {
	page, links := c.page(all)
	a := ok(page)
	if links != "" {
		a.with("Link", links)
	}
	return a
}

// counted answers with a page of a list that says how long it is.
func (c *call) counted(name string, all []any) *answer {
	page, links := c.page(all)
	a := ok(object{"total_count": len(all), name: page})
	if links != "" {
		a.with("Link", links)
	}
	return a
}

// An operation is one of the description, with what it takes to call it and what it
// does.
type operation struct {
	name  string // "GET /repos/{owner}/{repo}", as in the description
	needs string // "nothing", "app", "installation", or permissions: see may
	do    func(*call) *answer
	route *routers.Route
}

func (o *operation) method() string { m, _, _ := strings.Cut(o.name, " "); return m }
func (o *operation) path() string   { _, p, _ := strings.Cut(o.name, " "); return p }

func (o *operation) takes(query string) bool {
	for _, p := range slices.Concat(o.route.Operation.Parameters, o.route.PathItem.Parameters) {
		if p.Value.In == "query" && p.Value.Name == query {
			return true
		}
	}
	return false
}

func (o *operation) schema() *openapi3.Schema {
	b := o.route.Operation.RequestBody
	if b == nil || b.Value.Content.Get("application/json") == nil {
		return nil
	}
	return b.Value.Content.Get("application/json").Schema.Value
}
