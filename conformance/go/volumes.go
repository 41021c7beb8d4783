package main

import "github.com/hetznercloud/hcloud-go/v2/hcloud"

func volumes(client *hcloud.Client) {
	act := acted(client)
	made := got(client.Volume.Create(ctx, hcloud.VolumeCreateOpts{
		Name: "data", Size: 10, Location: here, Format: hcloud.Ptr(hcloud.VolumeFormatExt4), Labels: mine,
	}))
	done(client, append(made.NextActions, made.Action)...)
	volume := got(client.Volume.GetByID(ctx, made.Volume.ID))
	equal(volume.Status, hcloud.VolumeStatusAvailable)
	server := newServer(client, "server", nil)
	withServer := got(client.Volume.Create(ctx, hcloud.VolumeCreateOpts{Name: "second", Size: 12, Server: server, Automount: hcloud.Ptr(false), Labels: mine}))
	done(client, append(withServer.NextActions, withServer.Action)...)
	second := got(client.Volume.GetByID(ctx, withServer.Volume.ID))
	equal(second.Server.ID, server.ID)
	lists(&client.Volume, func(each *hcloud.Volume) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.VolumeListOpts { return hcloud.VolumeListOpts{ListOpts: opts} }, "of=me", volume, second)

	act(client.Volume.Attach(ctx, volume, server))
	refused(hcloud.ErrorCodeVolumeAlreadyAttached, refusal(client.Volume.Attach(ctx, volume, server)))
	equal(len(got(client.Server.GetByID(ctx, server.ID)).Volumes), 2)
	_, err := client.Volume.Delete(ctx, volume)
	refused("", err)
	act(client.Volume.Detach(ctx, volume))
	act(client.Volume.AttachWithOpts(ctx, volume, hcloud.VolumeAttachOpts{Server: server, Automount: hcloud.Ptr(false)}))
	act(client.Volume.Resize(ctx, volume, 20))
	equal(got(client.Volume.GetByID(ctx, volume.ID)).Size, 20)
	refused(hcloud.ErrorCodeInvalidInput, refusal(client.Volume.Resize(ctx, volume, 10)))
	equal(got(client.Volume.Update(ctx, volume, hcloud.VolumeUpdateOpts{Name: "renamed", Labels: none})).Name, "renamed")
	act(client.Volume.Detach(ctx, volume))
	act(client.Volume.Detach(ctx, second))
	history(client.Volume.Action, volume, "create_volume", "attach_volume", "resize_volume", "detach_volume")
	act(client.Volume.ChangeProtection(ctx, volume, hcloud.VolumeChangeProtectionOpts{Delete: hcloud.Ptr(true)}))
	_, err = client.Volume.Delete(ctx, volume)
	refused(hcloud.ErrorCodeProtected, err)
	act(client.Volume.ChangeProtection(ctx, volume, hcloud.VolumeChangeProtectionOpts{Delete: hcloud.Ptr(false)}))
	deleted(client.Volume.Delete(ctx, volume))
	deleted(client.Volume.Delete(ctx, second))
	deleteServer(client, server)
	require(got(client.Volume.GetByID(ctx, volume.ID)) == nil, "a deleted volume is found")
}
