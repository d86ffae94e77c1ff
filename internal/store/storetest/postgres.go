// Package storetest gives tests a PostgreSQL of their own.
package storetest

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// A Cluster is a throw-away PostgreSQL that listens on a socket in a temporary folder.
type Cluster struct {
	dir  string
	bin  string
	as   *syscall.Credential
	once sync.Once
	err  error
	n    atomic.Int64
}

// Stop ends the server and removes everything. Call it from TestMain.
func (c *Cluster) Stop() {
	if c.dir == "" {
		return
	}
	c.run(nil, "pg_ctl", "-D", c.data(), "-m", "immediate", "stop")
	os.RemoveAll(c.dir)
}

// Database makes an empty database, starting the server for the first one, and gives its
// address.
func (c *Cluster) Database(tb testing.TB) string {
	tb.Helper()
	c.once.Do(func() { c.err = c.start() })
	if c.err != nil {
		tb.Fatalf("starting a PostgreSQL (Debian package postgresql-15): %v", c.err)
	}
	name := fmt.Sprintf("test%d", c.n.Add(1))
	if err := c.run(nil, "createdb", "-h", c.dir, "-U", "custody", name); err != nil {
		tb.Fatal(err)
	}
	return "postgres://custody@/" + name + "?host=" + url.QueryEscape(c.dir)
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) start() error {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return err
	}
	if len(found) == 0 {
		path, err := exec.LookPath("initdb")
		if err != nil {
			return err
		}
		found = []string{path}
	}
	c.bin = filepath.Dir(found[len(found)-1])
	if c.dir, err = os.MkdirTemp("/tmp", "custody-pg-"); err != nil {
		return err
	}
	if os.Geteuid() == 0 { // PostgreSQL does not run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			return err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(c.dir, uid, gid); err != nil {
			return err
		}
	}
	if err := c.run(nil, "initdb", "-D", c.data(), "-U", "custody", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		return err
	}
	return c.run(nil, "pg_ctl", "-D", c.data(), "-w", "-l", filepath.Join(c.dir, "log"),
		"-o", "-k "+c.dir+" -c listen_addresses= -c max_connections=200 -c shared_buffers=16MB", "start")
}

func (c *Cluster) run(env []string, name string, args ...string) error {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	// The server inherits these; a pipe would be waited for.
	log, err := os.CreateTemp("", "custody-pg-")
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(said))
	}
	return nil
}
