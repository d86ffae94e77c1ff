//go:build unix

package git

import (
	"os/exec"
	"syscall"
	"time"
)

// endTogether has a git that speaks to a network end with its helpers when it is called off: else
// one that waits for an answer goes on until the server has been silent for too long, and git's end
// waits for it.
func endTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
}
