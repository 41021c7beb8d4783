// Package hcloud presents the Terraform provider of Hetzner Cloud as the Pulumi package `hcloud`.
//
// The official plugin is put together in the same way. This one exists for computers that reach a Go module proxy, but not
// the official downloads. Its types and property names are held against the npm package @pulumi/hcloud by a test.
package hcloud

import (
	"context"

	"github.com/hetznercloud/terraform-provider-hcloud/hcloud"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Name of the Pulumi package.
const Name = "hcloud"

// Version is set by the linker to that of the npm package this plugin serves: the engine looks a plugin up by it.
var Version = "0.0.0-dev"

// Provider maps the Terraform provider to Pulumi. `metadata` is what tfgen wrote beside the schema; nil while it writes it.
func Provider(metadata []byte) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		// Hetzner's provider is half old plugin SDK and half plugin framework; the bridge serves both as one.
		P: pf.MuxShimWithPF(context.Background(),
			sdkv2.NewProvider(hcloud.Provider()), hcloud.NewPluginProvider()),
		Name:         Name,
		GitHubOrg:    "hetznercloud",
		Repository:   "https://github.com/hetznercloud/terraform-provider-hcloud",
		Version:      Version,
		MetadataInfo: tfbridge.NewProviderMetadata(metadata),
		Resources: map[string]*tfbridge.ResourceInfo{
			"hcloud_server": {PreCheckCallback: completeNetworks},
		},
	}
	useStringIDs(&info)
	info.MustComputeTokens(tokens.SingleModule("hcloud_", "index", tokens.MakeStandard(Name)))
	info.MustApplyAutoAliases()
	info.SetAutonaming(255, "-")
	return info
}

// useStringIDs declares the numeric `id` of a Terraform resource a string: every Pulumi id is one.
func useStringIDs(info *tfbridge.ProviderInfo) {
	info.P.ResourcesMap().Range(func(name string, res shim.Resource) bool {
		id, has := res.Schema().GetOk("id")
		if !has || id.Type() == shim.TypeString {
			return true
		}
		if info.Resources[name] == nil {
			info.Resources[name] = &tfbridge.ResourceInfo{}
		}
		if info.Resources[name].Fields == nil {
			info.Resources[name].Fields = map[string]*tfbridge.SchemaInfo{}
		}
		info.Resources[name].Fields["id"] = &tfbridge.SchemaInfo{Type: "string"}
		return true
	})
}

// completeNetworks adds an empty `aliasIps` to the networks of a server that name none. Without it every preview shows a
// change (https://github.com/hetznercloud/terraform-provider-hcloud/issues/650), which the official plugin cures likewise.
func completeNetworks(
	_ context.Context, server resource.PropertyMap, _ resource.PropertyMap,
) (resource.PropertyMap, error) {
	networks := server["networks"]
	if !networks.IsArray() {
		return server, nil
	}
	for _, network := range networks.ArrayValue() {
		if !network.IsObject() {
			continue
		}
		if _, given := network.ObjectValue()["aliasIps"]; !given {
			network.ObjectValue()["aliasIps"] = resource.NewArrayProperty(nil)
		}
	}
	return server, nil
}
