// Command pulumi-resource-command is a STAND-IN for the official Pulumi plugin `command`.
//
// The official one is not to be had as a Go module, so this takes its place on computers that cannot reach the official
// downloads, and nowhere else: see toolchain/README.md. It serves `command:local:Command` and `command:local:run` with the
// schema, the states and the behaviour of version 1.2.1; it has no `command:remote:*`.
//
// It differs on purpose in one thing: a command that is cancelled, or whose engine is gone, is ended with all the processes it
// started. The official plugin ends the shell alone and waits for, or leaves behind, what the shell had started.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"nixos-vps/toolchain/command/local"
)

// Version is set by the linker to that of the npm package this plugin serves: the engine looks a plugin up by it.
var Version = "0.0.0-dev"

func main() {
	// The engine ends a plugin by SIGINT, and five seconds later by SIGKILL. What still runs has to be gone by then.
	shutdown, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(shutdown); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-command:", err)
		os.Exit(1)
	}
}

func serve(shutdown context.Context) error {
	provider, err := newProvider(shutdown)
	if err != nil {
		return err
	}
	return provider.Run(shutdown, "command", Version)
}

// newProvider serves until `shutdown` is done; what still runs then is ended.
func newProvider(shutdown context.Context) (p.Provider, error) {
	return infer.NewProviderBuilder().
		WithDisplayName("Command (stand-in)").
		WithDescription("Runs commands of this computer in the life cycle of a resource. A stand-in, not Pulumi's own.").
		WithResources(infer.Resource(&local.Command{Shutdown: shutdown})).
		WithFunctions(infer.Function(&local.Run{Shutdown: shutdown})).
		Build()
}
