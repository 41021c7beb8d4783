package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
)

func TestLoggingChoosesWhatIsShownAndNotWhatIsRecorded(t *testing.T) {
	for logging, want := range map[string][]string{
		"":                {"err", "out"},
		"stdout":          {"out"},
		"stderr":          {"err"},
		"stdoutAndStderr": {"err", "out"},
		"none":            nil,
	} {
		in := inputs{"create": "echo out; echo err >&2"}
		if logging != "" {
			in["logging"] = logging
		}
		log.take()
		made := create(t, in)
		shown := log.take()
		slices.Sort(shown)
		if !slices.Equal(shown, want) {
			t.Errorf("logging %q showed %q, want %q", logging, shown, want)
		}
		equal(t, "stdout", text(made.Properties, "stdout"), "out")
		equal(t, "stderr", text(made.Properties, "stderr"), "err")
	}
}

func TestOutputIsShownWhileTheCommandRuns(t *testing.T) {
	gate := filepath.Join(t.TempDir(), "gate")
	log.take()
	done := make(chan error, 1)
	go func() {
		_, err := server(t, context.Background()).Create(p.CreateRequest{
			Urn: urn, Properties: inputs{"create": "echo early; until [ -e " + gate + " ]; do sleep 0.01; done"}.properties(),
		})
		done <- err
	}()
	var shown []string
	eventually(t, "the first line is shown", func() bool {
		shown = append(shown, log.take()...)
		return slices.Contains(shown, "early")
	})
	select {
	case err := <-done:
		t.Fatalf("the command was over before its gate was open: %v", err)
	default:
	}
	must(t, os.WriteFile(gate, nil, 0o600))
	must(t, <-done)
}

func TestLongLinesAndStrayBytesPass(t *testing.T) {
	log.take()
	made := create(t, inputs{"create": `head -c 300000 /dev/zero | tr '\0' x; printf '\377 no line break'`})
	stdout := text(made.Properties, "stdout")
	equal(t, "recorded", stdout, strings.Repeat("x", 300000)+"\uFFFD no line break")
	shown := log.take()
	equal(t, "shown", strings.Join(shown, ""), stdout)
	if len(shown) < 2 {
		t.Error("a long line was held back until its end")
	}
}

func TestACommandIsOverWhenNobodyHoldsItsOutput(t *testing.T) {
	made := create(t, inputs{"create": "(sleep 0.3; echo late) & echo early"})
	equal(t, "stdout", text(made.Properties, "stdout"), "early\nlate")
}

func TestAssetsAndArchive(t *testing.T) {
	dir := t.TempDir()
	made := create(t, inputs{
		"create":       "mkdir -p a/b; touch a/one.txt a/b/two.txt a/b/secret.txt other.md",
		"dir":          dir,
		"assetPaths":   []any{"a/**.txt", "!**secret.*"},
		"archivePaths": []any{"*.md"},
	})
	names := []string{}
	for name, value := range made.Properties.Get("assets").AsMap().All {
		names = append(names, name)
		equal(t, "path of "+name, value.AsAsset().Path, filepath.Join(dir, name))
	}
	slices.Sort(names)
	equal(t, "assets", strings.Join(names, " "), "a/b/two.txt a/one.txt")
	archived := []string{}
	for name := range made.Properties.Get("archive").AsMap().Get("assets").AsMap().All {
		archived = append(archived, name)
	}
	equal(t, "archive", strings.Join(archived, " "), "other.md")
}

func TestABadPatternIsAnError(t *testing.T) {
	_, err := server(t, context.Background()).Create(p.CreateRequest{
		Urn: urn, Properties: inputs{"create": "true", "assetPaths": []any{"[a"}}.properties(),
	})
	if err == nil {
		t.Fatal("the pattern was taken")
	}
	contains(t, "message", err.Error(), `assetPaths: pattern "[a"`)
}
