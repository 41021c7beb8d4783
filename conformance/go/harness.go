package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

var ctx = context.Background()

// chapter is the life of a resource. It is run whatever becomes of the others.
type chapter struct {
	name string
	live func(*hcloud.Client)
}

// problem ends a chapter. Everything else that is thrown is a panic of the client.
type problem struct{ text string }

func connect(token string) *hcloud.Client {
	return hcloud.NewClient(
		hcloud.WithEndpoint(os.Getenv("HCLOUD_ENDPOINT")),
		hcloud.WithToken(token),
		hcloud.WithPollInterval(20*time.Millisecond),
	)
}

func run(chapters []chapter) int {
	tokens := strings.Split(os.Getenv("HCLOUD_TOKENS"), ",")
	failed := 0
	for index, each := range chapters {
		client := connect(tokens[index])
		text := livesThrough(each, client)
		if text == "" {
			text = nothingLeft(client)
		}
		if text != "" {
			failed++
		}
		say(map[string]any{"chapter": each.name, "error": text})
	}
	say(map[string]any{"calls": 0})
	return min(failed, 1)
}

func livesThrough(each chapter, client *hcloud.Client) (text string) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case problem:
			text = thrown.text
		default:
			text = fmt.Sprintf("the client panics: %v", thrown)
		}
	}()
	each.live(client)
	return ""
}

func say(what map[string]any) {
	if what["error"] == "" {
		delete(what, "error")
	}
	line, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// fail ends the chapter, with the line of the chapter that it happened at.
func fail(format string, args ...any) {
	where := ""
	for depth := 1; ; depth++ {
		_, file, line, ok := runtime.Caller(depth)
		if !ok {
			break
		}
		if name := filepath.Base(file); name != "harness.go" && name != "common.go" {
			where = fmt.Sprintf("%s:%d: ", name, line)
			break
		}
	}
	panic(problem{where + fmt.Sprintf(format, args...)})
}

func ok(err error) {
	if err != nil {
		var failure hcloud.Error
		if errors.As(err, &failure) {
			fail("%s (%v)", err, failure.Details)
		}
		fail("%s", err)
	}
}

// got is the value of a call that must succeed.
func got[T any](value T, _ *hcloud.Response, err error) T {
	ok(err)
	return value
}

// all is the value of a list that must be had.
func all[T any](value T, err error) T {
	ok(err)
	return value
}

func deleted(_ *hcloud.Response, err error) { ok(err) }

func require(holds bool, format string, args ...any) {
	if !holds {
		fail(format, args...)
	}
}

func equal[T comparable](found, wanted T) {
	require(found == wanted, "it is %v, not %v", found, wanted)
}

// done waits until actions have succeeded.
func done(client *hcloud.Client, actions ...*hcloud.Action) {
	var given []*hcloud.Action
	for _, action := range actions {
		if action != nil {
			given = append(given, action)
		}
	}
	ok(client.Action.WaitFor(ctx, given...))
}

// acted waits for the action of a call.
func acted(client *hcloud.Client) func(*hcloud.Action, *hcloud.Response, error) {
	return func(action *hcloud.Action, _ *hcloud.Response, err error) {
		ok(err)
		done(client, action)
	}
}

// refused requires a refusal with this code; "" where the documents do not say with which.
func refused(code hcloud.ErrorCode, err error) {
	require(err != nil, "it was not refused with %s", code)
	require(code == "" || hcloud.IsError(err, code), "%s, not %s", err, code)
}

// refusal is the error of a call whose value does not matter.
func refusal[T any](_ T, _ *hcloud.Response, err error) error { return err }

// reads is what the client offers for every resource.
type reads[T, O any] interface {
	All(context.Context) ([]T, error)
	AllWithOpts(context.Context, O) ([]T, error)
	List(context.Context, O) ([]T, *hcloud.Response, error)
	Get(context.Context, string) (T, *hcloud.Response, error)
	GetByID(context.Context, int64) (T, *hcloud.Response, error)
	GetByName(context.Context, string) (T, *hcloud.Response, error)
}

// lists requires that all of items are found: by id, by name, page by page, each once, and by label.
func lists[T, O any](client reads[T, O], key func(T) (int64, string), opts func(hcloud.ListOpts) O, selector string, items ...T) {
	every := ids(all(client.All(ctx)), key)
	for _, item := range items {
		id, name := key(item)
		found, _ := key(got(client.GetByID(ctx, id)))
		equal(found, id)
		found, _ = key(got(client.Get(ctx, fmt.Sprint(id))))
		equal(found, id)
		if name != "" {
			found, _ = key(got(client.GetByName(ctx, name)))
			equal(found, id)
		}
		require(contains(every, id), "%d is not in the list %v", id, every)
	}
	var paged []int64
	for page := 1; page > 0; {
		found, response, err := client.List(ctx, opts(hcloud.ListOpts{Page: page, PerPage: 1}))
		ok(err)
		paged = append(paged, ids(found, key)...)
		equal(response.Meta.Pagination.TotalEntries, len(every))
		page = response.Meta.Pagination.NextPage
	}
	sort.Slice(paged, func(a, b int) bool { return paged[a] < paged[b] })
	sort.Slice(every, func(a, b int) bool { return every[a] < every[b] })
	equal(fmt.Sprint(paged), fmt.Sprint(every))
	if selector != "" {
		equal(len(all(client.AllWithOpts(ctx, opts(hcloud.ListOpts{LabelSelector: selector})))), len(items))
		equal(len(all(client.AllWithOpts(ctx, opts(hcloud.ListOpts{LabelSelector: selector + ",nobody=has"})))), 0)
	} else {
		equal(len(all(client.AllWithOpts(ctx, opts(hcloud.ListOpts{})))), len(every))
	}
}

func ids[T any](items []T, key func(T) (int64, string)) []int64 {
	found := make([]int64, 0, len(items))
	for _, item := range items {
		id, _ := key(item)
		found = append(found, id)
	}
	return found
}

func contains(ids []int64, wanted int64) bool {
	for _, id := range ids {
		if id == wanted {
			return true
		}
	}
	return false
}

// acts is what the client offers for the actions of a kind of resource.
type acts[R any] interface {
	GetByID(context.Context, int64) (*hcloud.Action, *hcloud.Response, error)
	List(context.Context, hcloud.ActionListOpts) ([]*hcloud.Action, *hcloud.Response, error)
	All(context.Context, hcloud.ActionListOpts) ([]*hcloud.Action, error)
	ListFor(context.Context, R, hcloud.ActionListOpts) ([]*hcloud.Action, *hcloud.Response, error)
	AllFor(context.Context, R, hcloud.ActionListOpts) ([]*hcloud.Action, error)
}

// history requires that the actions of a resource tell of these commands, whichever way they are asked for.
func history[R any](client acts[R], owner R, commands ...string) {
	opts := hcloud.ActionListOpts{Sort: []string{"id"}}
	found := map[string]*hcloud.Action{}
	for _, action := range all(client.AllFor(ctx, owner, opts)) {
		found[action.Command] = action
	}
	for _, command := range commands {
		action, there := found[command]
		require(there, "there is no action %s", command)
		equal(got(client.GetByID(ctx, action.ID)).Command, command)
	}
	one := hcloud.ActionListOpts{ListOpts: hcloud.ListOpts{Page: 1, PerPage: 1}}
	equal(len(got(client.ListFor(ctx, owner, one))), 1)
	equal(len(got(client.List(ctx, one))), 1)
	require(len(all(client.All(ctx, opts))) >= len(found), "the list of all actions is shorter than that of one resource")
}
