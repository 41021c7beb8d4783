// Command pulumi-resource-random is the resource plugin `random`. tfgen writes the two files it embeds before it is built.
package main

import (
	"context"
	_ "embed"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"nixos-vps/toolchain/random"
)

//go:embed schema.json
var schema []byte

//go:embed bridge-metadata.json
var metadata []byte

func main() {
	pf.Main(context.Background(), random.Name, random.Provider(metadata), pf.ProviderMetadata{PackageSchema: schema})
}
