//go:build !unix

package git

import (
	"os/exec"
	"time"
)

// endTogether does not wait for the helpers of a git that is called off.
func endTogether(cmd *exec.Cmd) { cmd.WaitDelay = 2 * time.Second }
