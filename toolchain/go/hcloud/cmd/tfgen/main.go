// Command tfgen writes the schema and the bridge metadata that the plugin embeds.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"nixos-vps/toolchain/hcloud"
)

func main() {
	tfgen.MainWithMuxer(hcloud.Name, hcloud.Provider(nil))
}
