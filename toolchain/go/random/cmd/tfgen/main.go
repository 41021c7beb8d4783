// Command tfgen writes the schema and the bridge metadata that the plugin embeds.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"nixos-vps/toolchain/random"
)

func main() {
	tfgen.Main(random.Name, random.Provider(nil))
}
