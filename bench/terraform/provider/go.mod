module nixos-vps/bench/terraform-provider

go 1.25

require github.com/hetznercloud/terraform-provider-hcloud v1.60.1
