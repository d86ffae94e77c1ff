package githubtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// quota counts requests as GitHub does: so many an hour for an installation, and, if
// a test asks for it, so many writes a minute for the App.
type quota struct {
	limit     int
	secondary bool
	windows   map[string]*window
	writes    []time.Time
}

type window struct {
	used  int
	reset time.Time
}

func newQuota() quota { return quota{limit: 5000, windows: map[string]*window{}} }

// RateLimit lets every token make that many requests from now on until in, and again
// as many an hour after that.
func (gh *GitHub) RateLimit(requests int, in time.Duration) {
	defer gh.lock()()
	gh.quota.limit = requests
	gh.quota.windows = map[string]*window{}
	for _, i := range gh.installations {
		gh.quota.windows[(&token{installation: i}).String()] = &window{reset: gh.now().Add(in)}
	}
}

// SecondaryLimits holds the App to 80 writes a minute and 500 an hour.
func (gh *GitHub) SecondaryLimits() {
	defer gh.lock()()
	gh.quota.secondary = true
}

func (q *quota) window(c *call) *window {
	if c.token == nil || c.gh.ghes { // where limits are off by default
		return nil
	}
	w := q.windows[c.token.String()]
	if now := c.gh.now(); w == nil || !now.Before(w.reset) {
		w = &window{reset: now.Add(time.Hour)}
		q.windows[c.token.String()] = w
	}
	return w
}

// charge counts a call; too many are refused.
func (q *quota) charge(c *call) *answer {
	w := q.window(c)
	if w == nil || c.op.name == "GET /rate_limit" {
		return nil
	}
	if w.used >= q.limit {
		return primary(c.token.String())
	}
	w.used++
	if !q.secondary || strings.HasPrefix(c.op.name, "GET ") || c.op.needs == "app" {
		return nil
	}
	now, minute := c.gh.now(), 0
	kept := q.writes[:0]
	for _, at := range q.writes {
		if now.Sub(at) < time.Hour {
			kept = append(kept, at)
		}
		if now.Sub(at) < time.Minute {
			minute++
		}
	}
	q.writes = kept
	if minute >= 80 || len(q.writes) >= 500 {
		return secondary(60)
	}
	q.writes = append(q.writes, now)
	return nil
}

func (q *quota) refund(c *call) {
	if w := q.window(c); w != nil && w.used > 0 {
		w.used--
	}
}

func (q *quota) headers(c *call, a *answer) {
	w := q.window(c)
	if w == nil || a.header.Get("X-RateLimit-Reset") != "" {
		return
	}
	a.with("X-RateLimit-Limit", strconv.Itoa(q.limit))
	a.with("X-RateLimit-Remaining", strconv.Itoa(max(0, q.limit-w.used)))
	a.with("X-RateLimit-Used", strconv.Itoa(w.used))
	a.with("X-RateLimit-Reset", strconv.FormatInt(w.reset.Unix(), 10))
	a.with("X-RateLimit-Resource", "core")
}

func primary(who string) *answer {
	return refused(403, fmt.Sprintf("API rate limit exceeded for %s. If you reach out to GitHub Support for help, please include the request ID.", who))
}

func secondary(seconds int) *answer {
	a := refused(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	a.body.(object)["documentation_url"] = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
	return a.with("Retry-After", strconv.Itoa(seconds))
}

func getRateLimit(c *call) *answer {
	w := c.gh.quota.window(c)
	if w == nil {
		return refused(404, "Rate limiting is not enabled.")
	}
	core := object{"limit": c.gh.quota.limit, "used": w.used, "remaining": max(0, c.gh.quota.limit-w.used), "reset": w.reset.Unix()}
	return ok(object{"resources": object{"core": core, "search": core}, "rate": core})
}
