package main

import (
	"fmt"
	"net"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

const (
	keyOfMe  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7lJYBrGyUmUs8bQ0DRFCyxOCFDFDrFpRpyDJqPQLE9 me@example"
	keyOfYou = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKpzwb/PlW9sOn8hFR4M2IRS4nWS9nIo0cWUNFyNTGb7 you@example"
	// A name is taken once for all projects: whoever needs one puts a label of its own before it.
	zoneName = "conformance-of-an-emulator.com"
)

var (
	here    = &hcloud.Location{Name: "fsn1"}
	mine    = map[string]string{"of": "me"}
	none    = map[string]string{}
	now     = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	earlier = now.Add(-time.Hour)
)

// newServer is a server that runs, or whatever change makes of it.
func newServer(client *hcloud.Client, name string, change func(*hcloud.ServerCreateOpts)) *hcloud.Server {
	opts := hcloud.ServerCreateOpts{
		Name:       name,
		ServerType: &hcloud.ServerType{Name: "cx23"},
		Image:      &hcloud.Image{Name: "debian-13"},
		Location:   here,
	}
	if change != nil {
		change(&opts)
	}
	made := got(client.Server.Create(ctx, opts))
	done(client, append(made.NextActions, made.Action)...)
	return got(client.Server.GetByID(ctx, made.Server.ID))
}

func deleteServer(client *hcloud.Client, server *hcloud.Server) {
	done(client, got(client.Server.DeleteWithResult(ctx, server)).Action)
}

func newNetwork(client *hcloud.Client, name string) *hcloud.Network {
	return got(client.Network.Create(ctx, hcloud.NetworkCreateOpts{
		Name: name, IPRange: cidr("10.0.0.0/16"), Labels: mine, Subnets: []hcloud.NetworkSubnet{subnet("10.0.1.0/24")},
	}))
}

func subnet(ipRange string) hcloud.NetworkSubnet {
	return hcloud.NetworkSubnet{Type: hcloud.NetworkSubnetTypeCloud, NetworkZone: hcloud.NetworkZoneEUCentral, IPRange: cidr(ipRange)}
}

func cidr(text string) *net.IPNet {
	_, found, err := net.ParseCIDR(text)
	ok(err)
	return found
}

// nothingLeft says what is still there at the end of a chapter.
func nothingLeft(client *hcloud.Client) string {
	left := ""
	count := func(kind string, number int, err error) {
		// A resource that is not there at all is what other chapters tell of.
		if err == nil && number > 0 {
			left += fmt.Sprintf("%d %s left; ", number, kind)
		}
	}
	servers, err := client.Server.All(ctx)
	count("servers", len(servers), err)
	volumes, err := client.Volume.All(ctx)
	count("volumes", len(volumes), err)
	networks, err := client.Network.All(ctx)
	count("networks", len(networks), err)
	firewalls, err := client.Firewall.All(ctx)
	count("firewalls", len(firewalls), err)
	primaryIPs, err := client.PrimaryIP.All(ctx)
	count("primary IPs", len(primaryIPs), err)
	floatingIPs, err := client.FloatingIP.All(ctx)
	count("floating IPs", len(floatingIPs), err)
	keys, err := client.SSHKey.All(ctx)
	count("ssh keys", len(keys), err)
	groups, err := client.PlacementGroup.All(ctx)
	count("placement groups", len(groups), err)
	certificates, err := client.Certificate.All(ctx)
	count("certificates", len(certificates), err)
	balancers, err := client.LoadBalancer.All(ctx)
	count("load balancers", len(balancers), err)
	zones, err := client.Zone.All(ctx)
	count("zones", len(zones), err)
	images, err := client.Image.AllWithOpts(ctx, hcloud.ImageListOpts{Type: []hcloud.ImageType{hcloud.ImageTypeSnapshot, hcloud.ImageTypeBackup}})
	count("snapshots and backups", len(images), err)
	return left
}
