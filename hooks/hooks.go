// Package hooks is the door of git server hooks: a push in, accept or reject out.
//
// A push is a list of ref updates. Each is planned (see Plan: is there a change to
// judge, from which base, at which stage?), judged by review.Run, and answered in a few
// lines on the pusher's terminal. One update that is not accepted rejects the push.
//
// It promises that nothing is accepted which was not judged, or planned to need no
// judging; that an error, a deadline and a pack that can not be kept are no acceptance
// when enforcing; that what a pusher sends (names, options, objects, variables) decides
// nothing but what is judged; and that no text of a stranger reaches a terminal as it
// is. It starts no process, reads no environment and no flag: cmd/custody does, and
// hands over a Server (what it found out about the git server), a Config and the
// updates.
//
// # What a Server must provide
//
// All that differs between git servers stands in one value, a Server, made by a row of
// the table in servers.go from the environment of the hook. The operator chooses the row
// when the hook is installed (--server NAME): the environment alone never does, since
// parts of it may come from a client. See the fields of Server.
package hooks
