package hub

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v62/github"
)

// A Class says what can be done about an error of GitHub.
type Class uint8

const (
	Other     Class = iota // nobody knows
	Later                  // a rate limit: nothing before some time has passed
	Transient              // it may well go away: a bad gateway, a timeout
	Forbidden              // the App may not: a permission is missing, or the installation is suspended
	Gone                   // it is not there, or not for us
	Refused                // GitHub understood, and will not: what was asked makes no sense any more
	Expired                // GitHub does not take the token, or the App's word: see Hub.Forget
)

// Classify says of an error what can be done about it, and after which time for Later.
func Classify(err error) (Class, time.Duration) {
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var answer *github.ErrorResponse
	var token *ghinstallation.HTTPError
	var network net.Error
	var lookup *url.Error
	switch {
	case err == nil:
		return Other, 0
	case errors.Is(err, context.Canceled):
		return Other, 0
	case errors.Is(err, ErrNotOurs):
		return Gone, 0
	case errors.As(err, &primary):
		return Later, within(time.Until(primary.Rate.Reset.Time))
	case errors.As(err, &secondary):
		return Later, within(secondary.GetRetryAfter())
	case errors.As(err, &answer) && answer.Response != nil:
		return byStatus(answer.Response)
	case errors.As(err, &token) && token.Response != nil:
		return byStatus(token.Response)
	case errors.As(err, &network), errors.As(err, &lookup), errors.Is(err, context.DeadlineExceeded):
		return Transient, 0
	}
	return Other, 0
}

// Unnamed is an error that does not say what was asked: the address may name somebody.
// What can be done about it is the same.
func Unnamed(err error) error {
	if err == nil {
		return nil
	}
	return &unnamedError{err}
}

type unnamedError struct{ error }

func (e *unnamedError) Unwrap() error { return e.error }

func (e *unnamedError) Error() string {
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var answer *github.ErrorResponse
	var lookup *url.Error
	switch {
	case errors.As(e.error, &primary), errors.As(e.error, &secondary):
		return "rate limit of GitHub"
	case errors.As(e.error, &answer) && answer.Response != nil:
		return "GitHub answered " + strconv.Itoa(answer.Response.StatusCode)
	case errors.As(e.error, &lookup):
		return lookup.Err.Error()
	}
	return "GitHub's answer could not be read"
}

// within keeps a time that GitHub named in bounds: a minute if it named none, an hour at
// most, since that is when its limits begin anew.
func within(d time.Duration) time.Duration {
	if d <= 0 {
		return time.Minute
	}
	return min(d+time.Second, time.Hour)
}

func byStatus(r *http.Response) (Class, time.Duration) {
	switch {
	case r.StatusCode == http.StatusTooManyRequests, r.StatusCode == http.StatusForbidden && r.Header.Get("Retry-After") != "":
		return Later, within(time.Duration(seconds(r, "Retry-After")) * time.Second)
	case r.StatusCode == http.StatusForbidden && r.Header.Get("X-RateLimit-Remaining") == "0":
		return Later, within(time.Until(time.Unix(seconds(r, "X-RateLimit-Reset"), 0)))
	case r.StatusCode >= 500, r.StatusCode == http.StatusRequestTimeout:
		return Transient, 0
	case r.StatusCode == http.StatusUnauthorized:
		return Expired, 0
	case r.StatusCode == http.StatusForbidden:
		return Forbidden, 0
	case r.StatusCode == http.StatusNotFound, r.StatusCode == http.StatusGone, r.StatusCode == http.StatusMovedPermanently:
		return Gone, 0
	case r.StatusCode >= 400:
		return Refused, 0
	}
	return Other, 0
}

// seconds reads a header that holds a number of them, 0 without one.
func seconds(r *http.Response, header string) int64 {
	n, err := strconv.ParseInt(r.Header.Get(header), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return min(n, 1<<33) // more than the year 2200
}
