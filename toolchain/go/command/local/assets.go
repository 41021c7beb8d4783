package local

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect reads the files that the command was asked to leave behind, as assets and as one archive.
func (r *Result) collect(dir string, process Process) error {
	if process.AssetPaths != nil {
		files, err := matchingFiles(dir, *process.AssetPaths)
		if err != nil {
			return fmt.Errorf("assetPaths: %w", err)
		}
		assets := make(map[string]*types.AssetOrArchive, len(files))
		for name, file := range files {
			assets[name] = &types.AssetOrArchive{Asset: file}
		}
		r.Assets = &assets
	}
	if process.ArchivePaths != nil {
		files, err := matchingFiles(dir, *process.ArchivePaths)
		if err != nil {
			return fmt.Errorf("archivePaths: %w", err)
		}
		contents := make(map[string]any, len(files))
		for name, file := range files {
			contents[name] = file
		}
		if r.Archive, err = resource.NewAssetArchive(contents); err != nil {
			return fmt.Errorf("archivePaths: %w", err)
		}
	}
	return nil
}

type rule struct {
	pattern glob.Glob
	exclude bool
}

// matchingFiles finds the files below `dir` that the rules leave in. The last rule that matches a file decides; one that begins
// with `!` leaves out. Names are relative to `dir`.
func matchingFiles(dir string, patterns []string) (map[string]*resource.Asset, error) {
	rules, err := compile(patterns)
	if err != nil {
		return nil, err
	}
	files := map[string]*resource.Asset{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !included(name, rules) {
			return err
		}
		asset, err := resource.NewPathAsset(filepath.Join(dir, name))
		files[name] = asset
		return err
	})
	return files, err
}

func compile(patterns []string) ([]rule, error) {
	rules := make([]rule, len(patterns))
	for i, pattern := range patterns {
		wanted, exclude := strings.CutPrefix(pattern, "!")
		compiled, err := glob.Compile(wanted, '/')
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		rules[i] = rule{pattern: compiled, exclude: exclude}
	}
	return rules, nil
}

func included(name string, rules []rule) bool {
	include := false
	for _, rule := range rules {
		if rule.pattern.Match(name) {
			include = !rule.exclude
		}
	}
	return include
}
