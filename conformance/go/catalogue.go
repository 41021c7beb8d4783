package main

import (
	"os"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func refusals(client *hcloud.Client) {
	_, _, err := connect("x").Server.List(ctx, hcloud.ServerListOpts{})
	refused(hcloud.ErrorCodeUnauthorized, err)
	reader := connect(os.Getenv("HCLOUD_TOKEN_READ_ONLY"))
	equal(len(all(reader.Server.All(ctx))), 0)
	refused("token_readonly", refusal(reader.PlacementGroup.Create(ctx, hcloud.PlacementGroupCreateOpts{
		Name: "group", Type: hcloud.PlacementGroupTypeSpread,
	})))
	require(got(client.Server.GetByID(ctx, 999_999_999)) == nil, "a server that never was is found")
	require(got(client.Server.Get(ctx, "999999999")) == nil, "a server that never was is found by a name like an id")
	refused(hcloud.ErrorCodeInvalidInput, refusal(client.Server.Create(ctx, hcloud.ServerCreateOpts{
		Name: "not a host name", ServerType: &hcloud.ServerType{Name: "cx23"}, Image: &hcloud.Image{Name: "debian-13"},
	})))
}

func catalogue(client *hcloud.Client) {
	locations := all(client.Location.All(ctx))
	lists(&client.Location, func(each *hcloud.Location) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.LocationListOpts { return hcloud.LocationListOpts{ListOpts: opts} }, "", locations...)
	types := all(client.ServerType.All(ctx))
	lists(&client.ServerType, func(each *hcloud.ServerType) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.ServerTypeListOpts { return hcloud.ServerTypeListOpts{ListOpts: opts} }, "", types...)
	for _, each := range types {
		require(len(each.Locations) > 0 && len(each.Pricings) > 0 && each.Cores > 0, "server type %s is incomplete", each.Name)
	}
	balancers := all(client.LoadBalancerType.All(ctx))
	lists(&client.LoadBalancerType, func(each *hcloud.LoadBalancerType) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.LoadBalancerTypeListOpts {
			return hcloud.LoadBalancerTypeListOpts{ListOpts: opts}
		}, "", balancers...)
	require(len(balancers) >= 3, "there are %d types of load balancers", len(balancers))
	isos := all(client.ISO.All(ctx))
	lists(&client.ISO, func(each *hcloud.ISO) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.ISOListOpts { return hcloud.ISOListOpts{ListOpts: opts} }, "", isos...)

	pricing := got(client.Pricing.Get(ctx))
	equal(pricing.Image.PerGBMonth.Currency, "EUR")
	require(len(pricing.ServerTypes) == len(types), "%d of %d server types have a price", len(pricing.ServerTypes), len(types))
	require(len(pricing.PrimaryIPs) > 0 && len(pricing.FloatingIPs) > 0, "addresses have no price")
	require(len(pricing.LoadBalancerTypes) == len(balancers), "load balancers have no price")

	// Gone since October 2026.
	//lint:ignore SA1019 that it is gone is what is looked at
	datacenters := &client.Datacenter
	refused("deprecated_api_endpoint", func() error { _, err := datacenters.All(ctx); return err }())
	refused("deprecated_api_endpoint", func() error { _, err := datacenters.AllWithOpts(ctx, hcloud.DatacenterListOpts{}); return err }())
	refused("deprecated_api_endpoint", refusal(datacenters.List(ctx, hcloud.DatacenterListOpts{})))
	refused("deprecated_api_endpoint", refusal(datacenters.Get(ctx, "1")))
	refused("deprecated_api_endpoint", refusal(datacenters.GetByID(ctx, 1)))
	refused("deprecated_api_endpoint", refusal(datacenters.GetByName(ctx, "fsn1-dc14")))
}

func actions(client *hcloud.Client) {
	group := got(client.PlacementGroup.Create(ctx, hcloud.PlacementGroupCreateOpts{Name: "group", Type: hcloud.PlacementGroupTypeSpread}))
	server := newServer(client, "server", nil)
	off := got(client.Server.Poweroff(ctx, server))
	_, failed := client.Action.WatchProgress(ctx, off)
	ok(<-failed)
	on := got(client.Server.Poweron(ctx, server))
	progress, errs := client.Action.WatchOverallProgress(ctx, []*hcloud.Action{on})
	for progress != nil {
		select {
		case _, open := <-progress:
			if !open {
				progress = nil
			}
		case err, open := <-errs:
			if open {
				ok(err)
			}
			errs = nil
		}
	}
	ok(client.Action.WaitForFunc(ctx, func(update *hcloud.Action) error { return update.Error() }, off, on))
	equal(got(client.Action.GetByID(ctx, off.ID)).Command, "stop_server")
	opts := hcloud.ActionListOpts{ID: []int64{off.ID, on.ID}, Status: []hcloud.ActionStatus{hcloud.ActionStatusSuccess}}
	equal(len(got(client.Action.List(ctx, opts))), 2)
	equal(len(all(client.Action.AllWithOpts(ctx, opts))), 2)
	deleteServer(client, server)
	deleted(client.PlacementGroup.Delete(ctx, group.PlacementGroup))
}

func sshKeys(client *hcloud.Client) {
	key := got(client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{Name: "key", PublicKey: keyOfMe, Labels: mine}))
	other := got(client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{Name: "other", PublicKey: keyOfYou, Labels: mine}))
	lists(&client.SSHKey, func(each *hcloud.SSHKey) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.SSHKeyListOpts { return hcloud.SSHKeyListOpts{ListOpts: opts} }, "of=me", key, other)
	equal(got(client.SSHKey.GetByFingerprint(ctx, key.Fingerprint)).ID, key.ID)
	refused(hcloud.ErrorCodeUniquenessError, refusal(client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{Name: "third", PublicKey: keyOfMe})))
	renamed := got(client.SSHKey.Update(ctx, key, hcloud.SSHKeyUpdateOpts{Name: "renamed", Labels: none}))
	equal(renamed.Name, "renamed")
	equal(len(renamed.Labels), 0)
	deleted(client.SSHKey.Delete(ctx, key))
	deleted(client.SSHKey.Delete(ctx, other))
	_, err := client.SSHKey.Delete(ctx, key)
	refused(hcloud.ErrorCodeNotFound, err)
}
