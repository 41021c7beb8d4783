// Package shim hands out the provider that its upstream module keeps internal.
package shim

import (
	framework "github.com/hashicorp/terraform-plugin-framework/provider"
	upstream "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// NewProvider returns a new upstream provider.
func NewProvider() framework.Provider {
	return upstream.New()
}
