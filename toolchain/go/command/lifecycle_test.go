package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestCreateRecordsInputsAndOutput(t *testing.T) {
	made := create(t, inputs{"create": "echo out; echo; echo err >&2", "environment": inputs{"A": "1"}})
	contains(t, "id", made.ID, "greeting")
	equal(t, "stdout loses one line break", text(made.Properties, "stdout"), "out\n")
	equal(t, "stderr", text(made.Properties, "stderr"), "err")
	equal(t, "create", text(made.Properties, "create"), "echo out; echo; echo err >&2")
}

func TestNothingRunsInAPreview(t *testing.T) {
	witness := filepath.Join(t.TempDir(), "witness")
	provider := server(t, context.Background())
	in := inputs{"create": "touch " + witness, "update": "touch " + witness}.properties()
	_, err := provider.Create(p.CreateRequest{Urn: urn, Properties: in, DryRun: true})
	must(t, err)
	state := create(t, inputs{"create": "true"}).Properties
	_, err = provider.Update(p.UpdateRequest{Urn: urn, Inputs: in, State: state, DryRun: true})
	must(t, err)
	if _, err := os.Stat(witness); err == nil {
		t.Error("a preview ran the command")
	}
}

func TestAFailedCreateReturnsNoStateAndSaysWhatRan(t *testing.T) {
	made, err := server(t, context.Background()).Create(p.CreateRequest{
		Urn: urn, Properties: inputs{"create": "echo one; echo two >&2; exit 3", "logging": "none"}.properties(),
	})
	if err == nil {
		t.Fatal("the failure was not reported")
	}
	equal(t, "id", made.ID, "")
	contains(t, "message", err.Error(), `exit status 3: running "echo one; echo two >&2; exit 3":`)
	contains(t, "message", err.Error(), "one\n")
	contains(t, "message", err.Error(), "two\n")
}

func TestUpdateRunsUpdateElseCreate(t *testing.T) {
	provider := server(t, context.Background())
	made := create(t, inputs{"create": "echo first"})
	for want, in := range map[string]inputs{
		"updated after first": {"create": "echo first", "update": "echo updated after $PULUMI_COMMAND_STDOUT"},
		"second":              {"create": "echo second"},
	} {
		updated, err := provider.Update(p.UpdateRequest{ID: made.ID, Urn: urn, State: made.Properties, Inputs: in.properties()})
		must(t, err)
		equal(t, "stdout", text(updated.Properties, "stdout"), want)
	}
}

func TestAFailedUpdateReturnsNoNewState(t *testing.T) {
	made := create(t, inputs{"create": "echo first"})
	updated, err := server(t, context.Background()).Update(p.UpdateRequest{
		ID: made.ID, Urn: urn, State: made.Properties, Inputs: inputs{"create": "exit 1"}.properties(),
	})
	if err == nil {
		t.Fatal("the failure was not reported")
	}
	if updated.Properties.Len() != 0 {
		t.Errorf("a failed update returned a state: %v", updated.Properties)
	}
}

func TestDeleteRunsWithWhatWasRecorded(t *testing.T) {
	witness := filepath.Join(t.TempDir(), "witness")
	made := create(t, inputs{
		"create":      "echo made; echo noise >&2",
		"delete":      "echo $WHO $PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR $(cat) > $WITNESS",
		"environment": inputs{"WHO": "recorded", "WITNESS": witness},
		"stdin":       "in",
	})
	must(t, server(t, context.Background()).Delete(p.DeleteRequest{ID: made.ID, Urn: urn, Properties: made.Properties}))
	content, err := os.ReadFile(witness)
	must(t, err)
	equal(t, "what delete saw", string(content), "recorded made noise in\n")
}

func TestWithoutDeleteNothingRunsOnDelete(t *testing.T) {
	made := create(t, inputs{"create": "true"})
	must(t, server(t, context.Background()).Delete(p.DeleteRequest{ID: made.ID, Urn: urn, Properties: made.Properties}))
}

func TestThePreviousOutputCanBeKeptOut(t *testing.T) {
	t.Setenv("PULUMI_COMMAND_STDOUT", "")
	made := create(t, inputs{"create": "echo first"})
	updated, err := server(t, context.Background()).Update(p.UpdateRequest{
		ID: made.ID, Urn: urn, State: made.Properties,
		Inputs: inputs{"update": "echo \"[$PULUMI_COMMAND_STDOUT]\"", "addPreviousOutputInEnv": false}.properties(),
	})
	must(t, err)
	equal(t, "stdout", text(updated.Properties, "stdout"), "[]")
}

func TestTriggersReplaceAndOtherInputsUpdate(t *testing.T) {
	provider := server(t, context.Background())
	base := inputs{"create": "true", "triggers": []any{"a", 1.0}}
	made := create(t, base)
	for _, c := range []struct {
		name    string
		in      inputs
		changes bool
		replace bool
	}{
		{"nothing", base, false, false},
		{"another command", inputs{"create": "true;", "triggers": []any{"a", 1.0}}, true, false},
		{"an environment", inputs{"create": "true", "triggers": []any{"a", 1.0}, "environment": inputs{"A": "1"}}, true, false},
		{"no triggers", inputs{"create": "true"}, true, true},
	} {
		diff, err := provider.Diff(p.DiffRequest{ID: made.ID, Urn: urn, State: made.Properties, Inputs: c.in.properties()})
		must(t, err)
		replaces := false
		for _, change := range diff.DetailedDiff {
			replaces = replaces || strings.HasSuffix(string(change.Kind), "&replace")
		}
		equal(t, c.name+" changes", diff.HasChanges, c.changes)
		equal(t, c.name+" replaces", replaces, c.replace)
		equal(t, c.name+" deletes first", diff.DeleteBeforeReplace, false)
	}
}

func TestInterpreterDirectoryEnvironmentAndStdin(t *testing.T) {
	t.Setenv("INHERITED", "from the engine")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	made := create(t, inputs{
		"create":      "pwd; echo $0 $INHERITED $ADDED; cat",
		"interpreter": []any{"/bin/sh", "-e", "-c"},
		"dir":         dir,
		"environment": inputs{"ADDED": "and added"},
		"stdin":       "line\n",
	})
	equal(t, "stdout", text(made.Properties, "stdout"), dir+"\n/bin/sh from the engine and added\nline")
}

func TestACommandNeedNotReadWhatItIsGiven(t *testing.T) {
	made := create(t, inputs{"create": "echo done", "stdin": strings.Repeat("x", 1<<20)})
	equal(t, "stdout", text(made.Properties, "stdout"), "done")
}

func TestAMissingDirectoryIsAnError(t *testing.T) {
	_, err := server(t, context.Background()).Create(p.CreateRequest{
		Urn: urn, Properties: inputs{"create": "true", "dir": "/does/not/exist"}.properties(),
	})
	if err == nil {
		t.Fatal("the missing directory went unnoticed")
	}
	contains(t, "message", err.Error(), "/does/not/exist")
}

func TestTheFunctionRuns(t *testing.T) {
	result, err := server(t, context.Background()).Invoke(p.InvokeRequest{
		Token: "command:local:run", Args: property.NewMap(map[string]property.Value{"command": property.New("echo hello")}),
	})
	must(t, err)
	equal(t, "stdout", text(result.Return, "stdout"), "hello")
}
