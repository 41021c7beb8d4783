package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function `command:local:run`, which runs a command at every preview and every up.
type Run struct {
	// Shutdown ends whatever runs when it is done; never, when nil.
	Shutdown context.Context
}

// RunArgs are the inputs of the function.
type RunArgs struct {
	Process
	Command string `pulumi:"command"`
}

// RunResult repeats the inputs beside what the command left behind.
type RunResult struct {
	RunArgs
	Result
}

// Invoke runs the command.
func (r *Run) Invoke(ctx context.Context, req infer.FunctionRequest[RunArgs]) (infer.FunctionResponse[RunResult], error) {
	result, err := run(ctx, r.Shutdown, req.Input.Command, req.Input.Process, Result{})
	return infer.FunctionResponse[RunResult]{Output: RunResult{RunArgs: req.Input, Result: result}}, err
}
