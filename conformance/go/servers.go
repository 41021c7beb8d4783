package main

import (
	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func serverKey(each *hcloud.Server) (int64, string) { return each.ID, each.Name }

func serverWithEverything(client *hcloud.Client) {
	key := got(client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{Name: "key", PublicKey: keyOfMe}))
	network := newNetwork(client, "network")
	firewall := got(client.Firewall.Create(ctx, hcloud.FirewallCreateOpts{Name: "firewall"})).Firewall
	group := got(client.PlacementGroup.Create(ctx, hcloud.PlacementGroupCreateOpts{Name: "group", Type: hcloud.PlacementGroupTypeSpread})).PlacementGroup
	address := got(client.PrimaryIP.Create(ctx, hcloud.PrimaryIPCreateOpts{Name: "address", Type: hcloud.PrimaryIPTypeIPv4, Location: "fsn1"})).PrimaryIP
	volume := got(client.Volume.Create(ctx, hcloud.VolumeCreateOpts{Name: "volume", Size: 10, Location: here, Format: hcloud.Ptr("ext4")}))
	done(client, volume.Action)
	server := newServer(client, "server", func(opts *hcloud.ServerCreateOpts) {
		opts.SSHKeys = []*hcloud.SSHKey{key}
		opts.Networks = []*hcloud.Network{network}
		opts.Firewalls = []*hcloud.ServerCreateFirewall{{Firewall: *firewall}}
		opts.PlacementGroup = group
		opts.PublicNet = &hcloud.ServerCreatePublicNet{EnableIPv4: true, IPv4: address}
		opts.Volumes = []*hcloud.Volume{volume.Volume}
		opts.Automount = hcloud.Ptr(false)
		opts.UserData = "#cloud-config\n{}\n"
		opts.Labels = map[string]string{"role": "web"}
	})
	equal(server.Status, hcloud.ServerStatusRunning)
	equal(server.Location.Name, "fsn1")
	equal(server.PublicNet.IPv4.IP.String(), address.IP.String())
	require(server.PublicNet.IPv6.IsUnspecified(), "there is an IPv6 address that was not wanted")
	equal(server.PrivateNet[0].IP.String(), "10.0.1.1")
	equal(server.PublicNet.Firewalls[0].Firewall.ID, firewall.ID)
	equal(server.PlacementGroup.ID, group.ID)
	equal(server.Volumes[0].ID, volume.Volume.ID)

	deleteServer(client, server)
	require(got(client.Volume.GetByID(ctx, volume.Volume.ID)).Server == nil, "the volume is still attached")
	deleted(client.Volume.Delete(ctx, volume.Volume))
	deleted(client.PlacementGroup.Delete(ctx, group))
	deleted(client.Network.Delete(ctx, network))
	deleted(client.Firewall.Delete(ctx, firewall))
	deleted(client.PrimaryIP.Delete(ctx, address))
	deleted(client.SSHKey.Delete(ctx, key))
}

func servers(client *hcloud.Client) {
	act := acted(client)
	server := newServer(client, "one", func(opts *hcloud.ServerCreateOpts) { opts.Labels = mine })
	other := newServer(client, "two", func(opts *hcloud.ServerCreateOpts) {
		opts.Labels, opts.StartAfterCreate = mine, hcloud.Ptr(false)
	})
	lists(&client.Server, serverKey,
		func(opts hcloud.ListOpts) hcloud.ServerListOpts { return hcloud.ServerListOpts{ListOpts: opts} }, "of in (me)", server, other)
	off := hcloud.ServerListOpts{Status: []hcloud.ServerStatus{hcloud.ServerStatusOff}}
	equal(ids(all(client.Server.AllWithOpts(ctx, off)), serverKey)[0], other.ID)
	refused(hcloud.ErrorCodeUniquenessError, refusal(client.Server.Create(ctx, hcloud.ServerCreateOpts{
		Name: "one", ServerType: server.ServerType, Image: server.Image,
	})))
	deleted(client.Server.Delete(ctx, other))

	server = got(client.Server.Update(ctx, server, hcloud.ServerUpdateOpts{Name: "renamed", Labels: none}))
	equal(server.Name, "renamed")
	act(client.Server.Shutdown(ctx, server))
	act(client.Server.Poweroff(ctx, server))
	equal(got(client.Server.GetByID(ctx, server.ID)).Status, hcloud.ServerStatusOff)
	act(client.Server.ChangeType(ctx, server, hcloud.ServerChangeTypeOpts{ServerType: &hcloud.ServerType{Name: "cx33"}}))
	act(client.Server.Poweron(ctx, server))
	act(client.Server.Reboot(ctx, server))
	act(client.Server.Reset(ctx, server))
	refused(hcloud.ErrorCodeServerNotStopped, refusal(client.Server.ChangeType(ctx, server, hcloud.ServerChangeTypeOpts{
		ServerType: &hcloud.ServerType{Name: "cx43"},
	})))
	rebuilt := got(client.Server.RebuildWithResult(ctx, server, hcloud.ServerRebuildOpts{Image: &hcloud.Image{Name: "ubuntu-24.04"}}))
	done(client, rebuilt.Action)
	require(rebuilt.RootPassword != "", "there is no root password after a rebuild without keys")
	act(client.Server.Rebuild(ctx, server, hcloud.ServerRebuildOpts{Image: &hcloud.Image{Name: "debian-13"}}))
	ip := server.PublicNet.IPv4.IP.String()
	act(client.Server.ChangeDNSPtr(ctx, server, ip, hcloud.Ptr("server.example.com")))
	equal(got(client.Server.GetByID(ctx, server.ID)).PublicNet.IPv4.DNSPtr, "server.example.com")
	act(client.RDNS.ChangeDNSPtr(ctx, server, server.PublicNet.IPv4.IP, nil))
	password := got(client.Server.ResetPassword(ctx, server))
	done(client, password.Action)
	require(password.RootPassword != "", "there is no new root password")
	console := got(client.Server.RequestConsole(ctx, server))
	done(client, console.Action)
	require(console.WSSURL != "" && console.Password != "", "the console has no address")
	metrics := got(client.Server.GetMetrics(ctx, server, hcloud.ServerGetMetricsOpts{
		Types: []hcloud.ServerMetricType{hcloud.ServerMetricCPU, hcloud.ServerMetricDisk, hcloud.ServerMetricNetwork},
		Start: earlier, End: now, Step: 60,
	}))
	_, there := metrics.TimeSeries["cpu"]
	require(there, "there is no series for the CPU")
	history(client.Server.Action, server, "create_server", "shutdown_server", "change_server_type", "rebuild_server")

	act(client.Server.ChangeProtection(ctx, server, hcloud.ServerChangeProtectionOpts{Delete: hcloud.Ptr(true), Rebuild: hcloud.Ptr(true)}))
	refused(hcloud.ErrorCodeProtected, refusal(client.Server.DeleteWithResult(ctx, server)))
	act(client.Server.ChangeProtection(ctx, server, hcloud.ServerChangeProtectionOpts{Delete: hcloud.Ptr(false), Rebuild: hcloud.Ptr(false)}))
	deleteServer(client, server)
	require(got(client.Server.GetByID(ctx, server.ID)) == nil, "a deleted server is found")
}

func rescueISOAndBackups(client *hcloud.Client) {
	act := acted(client)
	server := newServer(client, "server", nil)
	rescue := got(client.Server.EnableRescue(ctx, server, hcloud.ServerEnableRescueOpts{Type: hcloud.ServerRescueTypeLinux64}))
	done(client, rescue.Action)
	require(rescue.RootPassword != "" && got(client.Server.GetByID(ctx, server.ID)).RescueEnabled, "rescue is not enabled")
	act(client.Server.DisableRescue(ctx, server))
	iso := all(client.ISO.AllWithOpts(ctx, hcloud.ISOListOpts{Architecture: []hcloud.Architecture{hcloud.ArchitectureX86}}))[0]
	act(client.Server.AttachISO(ctx, server, iso))
	equal(got(client.Server.GetByID(ctx, server.ID)).ISO.ID, iso.ID)
	act(client.Server.DetachISO(ctx, server))
	act(client.Server.EnableBackup(ctx, server, ""))
	require(got(client.Server.GetByID(ctx, server.ID)).BackupWindow != "", "there is no backup window")
	backup := got(client.Server.CreateImage(ctx, server, &hcloud.ServerCreateImageOpts{Type: hcloud.ImageTypeBackup}))
	done(client, backup.Action)
	bound := all(client.Image.AllWithOpts(ctx, hcloud.ImageListOpts{BoundTo: server, Type: []hcloud.ImageType{hcloud.ImageTypeBackup}}))
	equal(len(bound), 1)
	act(client.Server.DisableBackup(ctx, server))
	deleteServer(client, server)
}

func placementGroups(client *hcloud.Client) {
	act := acted(client)
	group := got(client.PlacementGroup.Create(ctx, hcloud.PlacementGroupCreateOpts{
		Name: "group", Type: hcloud.PlacementGroupTypeSpread, Labels: mine,
	})).PlacementGroup
	lists(&client.PlacementGroup, func(each *hcloud.PlacementGroup) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.PlacementGroupListOpts {
			return hcloud.PlacementGroupListOpts{ListOpts: opts}
		}, "of=me", group)
	equal(len(all(client.PlacementGroup.AllWithOpts(ctx, hcloud.PlacementGroupListOpts{Type: hcloud.PlacementGroupTypeSpread}))), 1)
	equal(got(client.PlacementGroup.Update(ctx, group, hcloud.PlacementGroupUpdateOpts{Name: "renamed", Labels: none})).Name, "renamed")
	server := newServer(client, "server", func(opts *hcloud.ServerCreateOpts) { opts.StartAfterCreate = hcloud.Ptr(false) })
	act(client.Server.AddToPlacementGroup(ctx, server, group))
	equal(got(client.PlacementGroup.GetByID(ctx, group.ID)).Servers[0], server.ID)
	act(client.Server.RemoveFromPlacementGroup(ctx, server))
	deleteServer(client, server)
	deleted(client.PlacementGroup.Delete(ctx, group))
}

func images(client *hcloud.Client) {
	act := acted(client)
	key := func(each *hcloud.Image) (int64, string) { return each.ID, "" }
	every := all(client.Image.All(ctx))
	lists(&client.Image, key, func(opts hcloud.ListOpts) hcloud.ImageListOpts { return hcloud.ImageListOpts{ListOpts: opts} }, "", every...)
	//lint:ignore SA1019 it is still offered
	equal(got(client.Image.GetByName(ctx, "debian-13")).Name, "debian-13")
	equal(got(client.Image.GetByNameAndArchitecture(ctx, "debian-13", hcloud.ArchitectureARM)).Architecture, hcloud.ArchitectureARM)
	equal(got(client.Image.GetForArchitecture(ctx, "debian-13", hcloud.ArchitectureX86)).Architecture, hcloud.ArchitectureX86)
	server := newServer(client, "origin", nil)
	made := got(client.Server.CreateImage(ctx, server, &hcloud.ServerCreateImageOpts{
		Type: hcloud.ImageTypeSnapshot, Description: hcloud.Ptr("golden"), Labels: mine,
	}))
	done(client, made.Action)
	snapshot := got(client.Image.GetByID(ctx, made.Image.ID))
	equal(snapshot.Status, hcloud.ImageStatusAvailable)
	equal(snapshot.CreatedFrom.ID, server.ID)
	copied := newServer(client, "copy", func(opts *hcloud.ServerCreateOpts) { opts.Image = snapshot })
	equal(copied.Image.ID, snapshot.ID)
	deleteServer(client, copied)
	equal(got(client.Image.Update(ctx, snapshot, hcloud.ImageUpdateOpts{Description: hcloud.Ptr("renamed")})).Description, "renamed")
	act(client.Image.ChangeProtection(ctx, snapshot, hcloud.ImageChangeProtectionOpts{Delete: hcloud.Ptr(true)}))
	_, err := client.Image.Delete(ctx, snapshot)
	refused(hcloud.ErrorCodeProtected, err)
	act(client.Image.ChangeProtection(ctx, snapshot, hcloud.ImageChangeProtectionOpts{Delete: hcloud.Ptr(false)}))
	history(client.Image.Action, snapshot, "change_protection")
	deleteServer(client, server)
	deleted(client.Image.Delete(ctx, snapshot))
}
