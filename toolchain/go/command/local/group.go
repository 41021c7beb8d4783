package local

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// grace is what a cancelled command gets between SIGTERM and SIGKILL. The engine gives a plugin five seconds.
const grace = 3 * time.Second

// runGroup starts the command and waits until it has ended and nobody holds its output any more. When `ctx` is done it ends
// all that the command started, and returns in bounded time even if a descendant that left the group still holds the output.
func runGroup(ctx context.Context, cmd *exec.Cmd, stdin string, output *capture) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	pipes := &pipes{}
	defer pipes.close()
	if err := pipes.connect(cmd, stdin, output); err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	pipes.closeRemote()

	ended := make(chan struct{})
	cancelled := make(chan error, 1)
	go func() {
		select {
		case <-ended:
			cancelled <- nil
		case <-ctx.Done():
			endGroup(cmd.Process.Pid)
			pipes.close()
			cancelled <- ctx.Err()
		}
	}()
	pipes.copy()
	err := cmd.Wait()
	close(ended)
	// A command that was cancelled has not done its work, even if it chose to exit with 0.
	if reason := <-cancelled; err == nil {
		err = reason
	}
	return err
}

// endGroup asks every process of the group to end, and after the grace period makes it.
func endGroup(group int) {
	_ = syscall.Kill(-group, syscall.SIGTERM)
	for end := time.Now().Add(grace); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if errors.Is(syscall.Kill(-group, 0), syscall.ESRCH) {
			return
		}
	}
	_ = syscall.Kill(-group, syscall.SIGKILL)
}

// pipes connect a command to this process. They are made by hand, because os/exec would wait for ever on a descendant that
// left the process group and kept its output open.
type pipes struct {
	local, remote []*os.File
	copies        []func()
	once          sync.Once
}

func (p *pipes) connect(cmd *exec.Cmd, stdin string, output *capture) error {
	if stdin != "" {
		reader, writer, err := os.Pipe()
		if err != nil {
			return err
		}
		p.add(writer, reader, func() {
			// A command need not read what it is given.
			_, _ = io.WriteString(writer, stdin)
			_ = writer.Close()
		})
		cmd.Stdin = reader
	}
	for _, stream := range []Logging{LogStdout, LogStderr} {
		reader, writer, err := os.Pipe()
		if err != nil {
			return err
		}
		target := output.writer(stream)
		p.add(reader, writer, func() { _, _ = io.Copy(target, reader) })
		if stream == LogStdout {
			cmd.Stdout = writer
		} else {
			cmd.Stderr = writer
		}
	}
	return nil
}

func (p *pipes) add(local, remote *os.File, copy func()) {
	p.local = append(p.local, local)
	p.remote = append(p.remote, remote)
	p.copies = append(p.copies, copy)
}

// copy returns when the other side has closed every pipe, or this side has.
func (p *pipes) copy() {
	var all sync.WaitGroup
	for _, copy := range p.copies {
		all.Go(copy)
	}
	all.Wait()
}

// closeRemote closes the ends that now belong to the command.
func (p *pipes) closeRemote() {
	for _, file := range p.remote {
		_ = file.Close()
	}
}

func (p *pipes) close() {
	p.once.Do(func() {
		p.closeRemote()
		for _, file := range p.local {
			_ = file.Close()
		}
	})
}
