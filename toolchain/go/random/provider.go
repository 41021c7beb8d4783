// Package random presents Terraform's random provider as the Pulumi package `random`.
//
// The official plugin is put together in the same way. This one exists for computers that reach a Go module proxy, but not
// the official downloads. Its types and property names are held against the npm package @pulumi/random by a test.
package random

import (
	"context"
	"errors"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/terraform-providers/terraform-provider-random/shim"
)

// Name of the Pulumi package.
const Name = "random"

// Version is set by the linker to that of the npm package this plugin serves: the engine looks a plugin up by it.
var Version = "0.0.0-dev"

// Provider maps the Terraform provider to Pulumi. `metadata` is what tfgen wrote beside the schema; nil while it writes it.
func Provider(metadata []byte) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            pf.ShimProvider(shim.NewProvider()),
		Name:         Name,
		GitHubOrg:    "hashicorp",
		Repository:   "https://github.com/hashicorp/terraform-provider-random",
		Version:      Version,
		MetadataInfo: tfbridge.NewProviderMetadata(metadata),
		Resources: map[string]*tfbridge.ResourceInfo{
			"random_bytes": {ComputeID: bytesID},
		},
		// The official plugin has both on: without them its recorded states and its previews would differ from ours.
		EnableAccurateBridgePreview: true,
		EnableRawStateDelta:         true,
	}
	// The types keep the prefix: `random:index/randomId:RandomId`.
	token := tokens.MakeStandard(Name)
	info.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, name string) (string, error) {
		return token(module, "Random"+name)
	}))
	info.MustApplyAutoAliases()
	return info
}

// bytesID gives random_bytes the id it has no attribute for: the value itself.
func bytesID(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	value := state["base64"]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return "", errors.New("random_bytes: the provider returned no base64 value to make an id from")
	}
	return resource.ID(value.StringValue()), nil
}
