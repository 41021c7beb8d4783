// Package local runs commands on the computer that runs the Pulumi engine.
package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Command is the resource `command:local:Command`.
type Command struct {
	// Shutdown ends whatever runs when it is done; never, when nil.
	Shutdown context.Context
}

// Process says how a command is run. Resource and function share it.
type Process struct {
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Result is what a command left behind.
type Result struct {
	Stdout  string                            `pulumi:"stdout"`
	Stderr  string                            `pulumi:"stderr"`
	Assets  *map[string]*types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                 `pulumi:"archive,optional"`
}

// CommandArgs are the inputs of the resource. A change of `triggers` replaces it, any other change updates it.
type CommandArgs struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
	Process
}

// CommandState is what the stack's state records: the inputs last run, and their result.
type CommandState struct {
	CommandArgs
	Result
}

var (
	_ infer.CustomResource[CommandArgs, CommandState] = (*Command)(nil)
	_ infer.CustomUpdate[CommandArgs, CommandState]   = (*Command)(nil)
	_ infer.CustomDelete[CommandState]                = (*Command)(nil)
)

// Create runs `create`. If it fails nothing is recorded, so that the next `pulumi up` runs it again and `delete` never runs.
func (c *Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandArgs],
) (infer.CreateResponse[CommandState], error) {
	response := infer.CreateResponse[CommandState]{Output: CommandState{CommandArgs: req.Inputs}}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err != nil {
		return response, err
	}
	response.ID = id
	if req.DryRun || req.Inputs.Create == nil {
		return response, nil
	}
	response.Output.Result, err = run(ctx, c.Shutdown, *req.Inputs.Create, req.Inputs.Process, Result{})
	return response, err
}

// Update runs `update`, or `create` where there is none. If it fails the old inputs and outputs stay recorded.
func (c *Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandArgs, CommandState],
) (infer.UpdateResponse[CommandState], error) {
	response := infer.UpdateResponse[CommandState]{Output: CommandState{CommandArgs: req.Inputs, Result: req.State.Result}}
	command := req.Inputs.Update
	if command == nil {
		command = req.Inputs.Create
	}
	if req.DryRun || command == nil {
		return response, nil
	}
	var err error
	response.Output.Result, err = run(ctx, c.Shutdown, *command, req.Inputs.Process, req.State.Result)
	return response, err
}

// Delete runs `delete` as it was recorded, with the inputs recorded beside it.
func (c *Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandState]) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	_, err := run(ctx, c.Shutdown, *req.State.Delete, req.State.Process, req.State.Result)
	return infer.DeleteResponse{}, err
}
