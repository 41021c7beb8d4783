package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// run runs one command to its end and returns what it left behind; `previous` is the result of the run before it.
func run(ctx, shutdown context.Context, command string, process Process, previous Result) (Result, error) {
	result := previous
	dir, err := workingDirectory(process)
	if err != nil {
		return result, err
	}
	cmd := commandLine(command, process)
	cmd.Dir = dir
	cmd.Env = environment(process, previous)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if shutdown != nil {
		defer context.AfterFunc(shutdown, cancel)()
	}
	output := newCapture(ctx, process.Logging)
	err = runGroup(ctx, cmd, deref(process.Stdin), output)
	output.flush()
	if err != nil {
		return previous, fmt.Errorf("%w: running %q:\n%s", err, command, output.both.String())
	}
	if err := result.collect(dir, process); err != nil {
		return previous, err
	}
	result.Stdout = text(output.stdout.String())
	result.Stderr = text(output.stderr.String())
	return result, nil
}

func workingDirectory(process Process) (string, error) {
	if process.Dir != nil {
		// Without this the error would name the interpreter as what is missing.
		_, err := os.Stat(*process.Dir)
		return *process.Dir, err
	}
	// The engine starts a plugin in the project's folder.
	return os.Getwd()
}

func commandLine(command string, process Process) *exec.Cmd {
	interpreter := []string{"/bin/sh", "-c"}
	if process.Interpreter != nil && len(*process.Interpreter) > 0 {
		interpreter = *process.Interpreter
	}
	args := append(append([]string{}, interpreter[1:]...), command)
	return exec.Command(interpreter[0], args...) // #nosec G204: running what the program says is what this is for
}

// environment is the plugin's own, which is the engine's, then what the resource adds, then the output of the run before.
func environment(process Process, previous Result) []string {
	env := os.Environ()
	if process.Environment != nil {
		for name, value := range *process.Environment {
			env = append(env, name+"="+value)
		}
	}
	if process.AddPreviousOutputInEnv != nil && !*process.AddPreviousOutputInEnv {
		return env
	}
	if previous.Stdout != "" {
		env = append(env, "PULUMI_COMMAND_STDOUT="+previous.Stdout)
	}
	if previous.Stderr != "" {
		env = append(env, "PULUMI_COMMAND_STDERR="+previous.Stderr)
	}
	return env
}

// text makes output fit for the state: one line break at the end goes, and bytes that are no UTF-8 are replaced.
func text(output string) string {
	return strings.ToValidUTF8(strings.TrimSuffix(output, "\n"), "\uFFFD")
}

func deref(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}
