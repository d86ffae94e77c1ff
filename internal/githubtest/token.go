package githubtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A token says who asks: the App itself by a JWT, or an installation of it.
type token struct {
	app          *App
	installation *Installation // nil: the App itself
	permissions  map[string]string
	repos        []int64 // nil: all of the installation
	expires      time.Time
}

func (t *token) String() string {
	switch {
	case t == nil:
		return ""
	case t.installation == nil:
		return "app"
	}
	if t.repos != nil {
		return fmt.Sprintf("installation %d for %d, %v", t.installation.ID, t.repos, t.permissions)
	}
	return fmt.Sprintf("installation %d", t.installation.ID)
}

// An Installation is an App on an account, with the repositories it may see.
type Installation struct {
	ID          int64
	App         *App
	Account     *Account
	Permissions map[string]string
	All         bool // repositories of the account, those to come, too
	Suspended   bool
	Deleted     bool

	gh    *GitHub
	repos []int64
}

// Install puts the App on an account, with its permissions of now. Without names it
// sees all repositories of the account.
func (gh *GitHub) Install(account string, repos ...string) *Installation {
	defer gh.lock()()
	i := &Installation{
		ID: gh.nextID(), App: gh.App, Account: gh.account(account, "Organization"),
		Permissions: maps.Clone(gh.App.Permissions), All: len(repos) == 0, gh: gh,
	}
	for _, name := range repos {
		r := gh.find(name)
		if r == nil {
			gh.tb.Fatalf("installing the App on %s: there is no such repository", name)
		}
		i.repos = append(i.repos, r.ID)
	}
	gh.installations = append(gh.installations, i)
	gh.sendInstallation(i, "created")
	return i
}

// sees says whether a repository belongs to the installation.
func (i *Installation) sees(r *Repo) bool {
	return r.Owner == i.Account && (i.All || slices.Contains(i.repos, r.ID))
}

func (gh *GitHub) installation(id int64) *Installation {
	for _, i := range gh.installations {
		if i.ID == id && !i.Deleted {
			return i
		}
	}
	return nil
}

// installationOf is the App's installation that sees a repository.
func (gh *GitHub) installationOf(r *Repo) *Installation {
	for _, i := range gh.installations {
		if !i.Deleted && i.sees(r) {
			return i
		}
	}
	return nil
}

// authenticate finds who asks. A token that is not good is an answer.
func (gh *GitHub) authenticate(r *http.Request) (*token, *answer) {
	header := r.Header.Get("Authorization")
	scheme, value, _ := strings.Cut(header, " ")
	switch {
	case header == "":
		return nil, nil
	case !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token"):
		return nil, refused(401, "Bad credentials")
	case strings.Count(value, ".") == 2:
		return gh.verifyJWT(value)
	}
	t := gh.tokens[value]
	if t == nil || !gh.now().Before(t.expires) || t.installation.Deleted {
		return nil, refused(401, "Bad credentials")
	}
	if t.installation.Suspended {
		return nil, refused(403, "This installation has been suspended")
	}
	return t, nil
}

// verifyJWT takes what GitHub takes: RS256 by the App's key, ten minutes at most, not
// from the future.
func (gh *GitHub) verifyJWT(text string) (*token, *answer) {
	parts := strings.Split(text, ".")
	var header struct{ Alg string }
	var claims struct {
		Iss any
		Iat float64
		Exp float64
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || part(parts[0], &header) != nil || part(parts[1], &claims) != nil || header.Alg != "RS256" {
		return nil, refused(401, "A JSON web token could not be decoded")
	}
	var app *App
	for _, a := range gh.apps {
		iss := claims.Iss
		if n, ok := iss.(float64); ok {
			iss = strconv.FormatInt(int64(n), 10)
		}
		if iss == strconv.FormatInt(a.ID, 10) || iss == a.ClientID && a.ClientID != "" {
			app = a
		}
	}
	if app == nil || app.Key == nil {
		return nil, refused(404, "Integration not found")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&app.Key.PublicKey, crypto.SHA256, sum[:], signature) != nil {
		return nil, refused(401, "A JSON web token could not be decoded")
	}
	now := float64(gh.now().Unix())
	switch {
	case claims.Exp <= now:
		return nil, refused(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case claims.Exp > now+600:
		return nil, refused(401, "'Expiration time' claim ('exp') is too far in the future")
	case claims.Iat > now:
		return nil, refused(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	}
	return &token{app: app}, nil
}

func part(text string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

var ranks = map[string]int{"": 0, "read": 1, "write": 2, "admin": 3}

// may says whether permissions hold what an operation needs: "checks:write", or
// several of which one is enough, "issues:read|pull_requests:read".
func may(has map[string]string, needs string) bool {
	return slices.ContainsFunc(strings.Split(needs, "|"), func(n string) bool {
		name, level, _ := strings.Cut(n, ":")
		have := has[name]
		if name == "metadata" {
			have = "read" // every token has it
		}
		return ranks[have] >= ranks[level]
	})
}

func createToken(c *call) *answer {
	i, a := installationOfCall(c)
	if a != nil {
		return a
	}
	if i.Suspended {
		return refused(403, "This installation has been suspended")
	}
	t := &token{app: i.App, installation: i, permissions: maps.Clone(i.Permissions), expires: c.gh.now().Add(time.Hour)}
	if asked, ok := c.body["permissions"].(map[string]any); ok {
		t.permissions = map[string]string{}
		for name, level := range asked {
			l, _ := level.(string)
			if !may(i.Permissions, name+":"+l) {
				return refused(422, "The permissions requested are not granted to this installation.")
			}
			t.permissions[name] = l
		}
	}
	if names, ok := c.body["repositories"].([]any); ok {
		t.repos = []int64{}
		for _, n := range names {
			name, _ := n.(string)
			r := c.gh.find(i.Account.Login + "/" + name)
			if r == nil || !i.sees(r) {
				return refused(422, "There is at least one repository that does not exist or is not accessible to the parent installation.")
			}
			t.repos = append(t.repos, r.ID)
		}
	}
	if ids, ok := c.body["repository_ids"].([]any); ok {
		t.repos = slices.Clone(t.repos)
		if t.repos == nil {
			t.repos = []int64{}
		}
		for _, n := range ids {
			id, _ := n.(float64)
			r := c.gh.byID(int64(id))
			if r == nil || !i.sees(r) {
				return refused(422, "There is at least one repository that does not exist or is not accessible to the parent installation.")
			}
			t.repos = append(t.repos, r.ID)
		}
	}
	value := fmt.Sprintf("ghs_%036d", c.gh.nextID())
	c.gh.tokens[value] = t
	selection := "selected"
	if i.All && t.repos == nil {
		selection = "all"
	}
	return &answer{status: 201, body: object{
		"token": value, "expires_at": t.expires.UTC().Format(time.RFC3339), "permissions": t.permissions, "repository_selection": selection,
	}}
}

// ExpireTokens makes every installation token bad, as an hour would.
func (gh *GitHub) ExpireTokens() {
	defer gh.lock()()
	clear(gh.tokens)
}

// Tokens lists the values of all installation tokens: what no log may have.
func (gh *GitHub) Tokens() []string {
	defer gh.lock()()
	return slices.Sorted(maps.Keys(gh.tokens))
}
