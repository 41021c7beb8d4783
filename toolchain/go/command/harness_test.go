package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

const urn = resource.URN("urn:pulumi:stack::project::command:local:Command::greeting")

// patience is how long a test waits for what must happen; it is never waited for in full when all is well.
const patience = 20 * time.Second

// log keeps what the provider would show in the engine's log.
var log = &logHandler{}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(log))
	os.Exit(m.Run())
}

type logHandler struct {
	sync.Mutex
	lines []string
}

func (h *logHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h *logHandler) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h *logHandler) WithGroup(string) slog.Handler            { return h }
func (h *logHandler) Handle(_ context.Context, record slog.Record) error {
	h.Lock()
	defer h.Unlock()
	h.lines = append(h.lines, record.Message)
	return nil
}

func (h *logHandler) take() []string {
	h.Lock()
	defer h.Unlock()
	lines := h.lines
	h.lines = nil
	return lines
}

func server(t *testing.T, shutdown context.Context) integration.Server {
	t.Helper()
	provider, err := newProvider(shutdown)
	must(t, err)
	server, err := integration.NewServer(t.Context(), "command", semver.MustParse("1.2.1"), integration.WithProvider(provider))
	must(t, err)
	return server
}

type inputs map[string]any

// properties turns plain Go values into what the engine sends.
func (i inputs) properties() property.Map {
	values := resource.NewPropertyMapFromMap(i)
	return resource.FromResourcePropertyValue(resource.NewProperty(values)).AsMap()
}

func create(t *testing.T, in inputs) p.CreateResponse {
	t.Helper()
	response, err := server(t, context.Background()).Create(p.CreateRequest{Urn: urn, Properties: in.properties()})
	must(t, err)
	return response
}

func text(state property.Map, name string) string {
	value := state.Get(name)
	if !value.IsString() {
		return ""
	}
	return value.AsString()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

func contains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: got %q, which does not contain %q", what, got, want)
	}
}

// eventually waits for a condition, and fails the test when it does not come about.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// pidFrom reads a process id that a command writes into a file.
func pidFrom(t *testing.T, file string) int {
	t.Helper()
	pid := 0
	eventually(t, "the command writes "+filepath.Base(file), func() bool {
		content, _ := os.ReadFile(file)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(content)))
		return pid > 0 && strings.HasSuffix(string(content), "\n")
	})
	return pid
}

func isAlive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return syscall.Kill(pid, 0) == nil && !os.IsNotExist(err)
	}
	// A zombie nobody has waited for is dead.
	return !strings.Contains(string(stat), ") Z ")
}

func end(pid int) {
	_ = syscall.Kill(pid, syscall.SIGKILL)
}
