package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
)

// running starts a command whose child writes its process id to a file, and returns the id and the end of the operation.
func running(t *testing.T, provider integration.Server, command string, timeout float64) (child int, ended <-chan error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pid")
	in := inputs{"create": command, "environment": inputs{"PID": file}, "logging": "none"}.properties()
	done := make(chan error, 1)
	go func() {
		_, err := provider.Create(p.CreateRequest{Urn: urn, Properties: in, Timeout: timeout})
		done <- err
	}()
	return pidFrom(t, file), done
}

func expectEnd(t *testing.T, child int, ended <-chan error) {
	t.Helper()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a command that was cut off counts as done")
		}
	case <-time.After(patience):
		t.Fatal("the operation did not end")
	}
	eventually(t, "the command's child is gone", func() bool { return !isAlive(child) })
}

func TestCancelEndsTheWholeProcessGroup(t *testing.T) {
	provider := server(t, context.Background())
	child, ended := running(t, provider, "sleep 1000 & echo $! > $PID; wait", 0)
	must(t, provider.Cancel())
	expectEnd(t, child, ended)
}

func TestWhoIgnoresTheRequestIsKilled(t *testing.T) {
	provider := server(t, context.Background())
	child, ended := running(t, provider, `trap "" TERM; sh -c 'echo $$ > $PID; while :; do sleep 0.1; done'`, 0)
	must(t, provider.Cancel())
	expectEnd(t, child, ended)
}

func TestACommandMayTidyUpWhenItIsCancelled(t *testing.T) {
	provider := server(t, context.Background())
	// The child is asked too, not only the shell in front. The message repeats the command, so the word stands in two parts there.
	command := `trap 'wait; exit 0' TERM; sh -c 'trap "echo tid""ied; exit 0" TERM; echo $$ > $PID; while :; do sleep 0.05; done' & wait`
	_, ended := running(t, provider, command, 0)
	must(t, provider.Cancel())
	select {
	case err := <-ended:
		if err == nil {
			t.Fatal("a command that was cancelled counts as done because it exited with 0")
		}
		contains(t, "message", err.Error(), "tidied")
	case <-time.After(patience):
		t.Fatal("the operation did not end")
	}
}

func TestWhoLeftTheGroupDoesNotHoldUpTheEnd(t *testing.T) {
	provider := server(t, context.Background())
	child, ended := running(t, provider, `setsid sh -c 'echo $$ > $PID; exec sleep 1000' & wait`, 0)
	must(t, provider.Cancel())
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a command that was cut off counts as done")
		}
	case <-time.After(patience):
		t.Fatal("the operation waits for a process that is not the command's any more")
	}
	end(child)
}

func TestATimeoutEndsTheCommand(t *testing.T) {
	child, ended := running(t, server(t, context.Background()), "sleep 1000 & echo $! > $PID; wait", 1)
	expectEnd(t, child, ended)
}

func TestTheEndOfThePluginEndsTheCommand(t *testing.T) {
	shutdown, stop := context.WithCancel(context.Background())
	defer stop()
	child, ended := running(t, server(t, shutdown), "sleep 1000 & echo $! > $PID; wait", 0)
	stop()
	expectEnd(t, child, ended)
}
