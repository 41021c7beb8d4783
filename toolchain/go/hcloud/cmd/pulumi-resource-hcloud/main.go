// Command pulumi-resource-hcloud is the resource plugin `hcloud`. tfgen writes the two files it embeds before it is built.
package main

import (
	"context"
	_ "embed"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"nixos-vps/toolchain/hcloud"
)

//go:embed schema.json
var schema []byte

//go:embed bridge-metadata.json
var metadata []byte

func main() {
	pf.MainWithMuxer(context.Background(), hcloud.Name, hcloud.Provider(metadata), schema)
}
