package main

import "github.com/hetznercloud/hcloud-go/v2/hcloud"

func primaryIPs(client *hcloud.Client) {
	act := acted(client)
	four := got(client.PrimaryIP.Create(ctx, hcloud.PrimaryIPCreateOpts{
		Name: "v4", Type: hcloud.PrimaryIPTypeIPv4, Location: "fsn1", Labels: mine, AutoDelete: hcloud.Ptr(false),
	})).PrimaryIP
	six := got(client.PrimaryIP.Create(ctx, hcloud.PrimaryIPCreateOpts{
		Name: "v6", Type: hcloud.PrimaryIPTypeIPv6, Location: "fsn1", AssigneeType: "server", Labels: mine,
	})).PrimaryIP
	lists(&client.PrimaryIP, func(each *hcloud.PrimaryIP) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.PrimaryIPListOpts { return hcloud.PrimaryIPListOpts{ListOpts: opts} }, "of=me", four, six)
	equal(got(client.PrimaryIP.GetByIP(ctx, four.IP.String())).ID, four.ID)

	server := newServer(client, "server", nil)
	assign := hcloud.PrimaryIPAssignOpts{ID: four.ID, AssigneeID: server.ID, AssigneeType: "server"}
	refused(hcloud.ErrorCodeServerNotStopped, refusal(client.PrimaryIP.Assign(ctx, assign)))
	act(client.Server.Poweroff(ctx, server))
	act(client.PrimaryIP.Unassign(ctx, server.PublicNet.IPv4.ID))
	act(client.PrimaryIP.Assign(ctx, assign))
	equal(got(client.Server.GetByID(ctx, server.ID)).PublicNet.IPv4.IP.String(), four.IP.String())
	_, err := client.PrimaryIP.Delete(ctx, four)
	refused("must_be_unassigned", err)
	act(client.PrimaryIP.ChangeDNSPtr(ctx, hcloud.PrimaryIPChangeDNSPtrOpts{ID: four.ID, IP: four.IP.String(), DNSPtr: "mail.example.com"}))
	equal(got(client.PrimaryIP.GetByID(ctx, four.ID)).DNSPtr[four.IP.String()], "mail.example.com")
	renamed := got(client.PrimaryIP.Update(ctx, four, hcloud.PrimaryIPUpdateOpts{Name: "renamed", AutoDelete: hcloud.Ptr(true)}))
	require(renamed.Name == "renamed" && renamed.AutoDelete, "it is not as it was changed")
	history(client.PrimaryIP.Action, four, "assign_primary_ip", "change_dns_ptr")
	act(client.PrimaryIP.ChangeProtection(ctx, hcloud.PrimaryIPChangeProtectionOpts{ID: six.ID, Delete: true}))
	_, err = client.PrimaryIP.Delete(ctx, six)
	refused(hcloud.ErrorCodeProtected, err)
	act(client.PrimaryIP.ChangeProtection(ctx, hcloud.PrimaryIPChangeProtectionOpts{ID: six.ID, Delete: false}))
	had := server.PublicNet.IPv4.ID
	deleteServer(client, server)
	deleted(client.PrimaryIP.Delete(ctx, six))
	require(got(client.PrimaryIP.GetByID(ctx, four.ID)) == nil, "it was to be deleted with its server")
	if kept := got(client.PrimaryIP.GetByID(ctx, had)); kept != nil {
		deleted(client.PrimaryIP.Delete(ctx, kept))
	}
}

func floatingIPs(client *hcloud.Client) {
	act := acted(client)
	server := newServer(client, "server", nil)
	made := got(client.FloatingIP.Create(ctx, hcloud.FloatingIPCreateOpts{
		Type: hcloud.FloatingIPTypeIPv4, Name: hcloud.Ptr("floating"), Description: hcloud.Ptr("service"), Server: server, Labels: mine,
	}))
	done(client, made.Action)
	floating := got(client.FloatingIP.GetByID(ctx, made.FloatingIP.ID))
	equal(floating.Server.ID, server.ID)
	lists(&client.FloatingIP, func(each *hcloud.FloatingIP) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.FloatingIPListOpts { return hcloud.FloatingIPListOpts{ListOpts: opts} }, "of=me", floating)
	act(client.FloatingIP.Unassign(ctx, floating))
	act(client.FloatingIP.Assign(ctx, floating, server))
	act(client.FloatingIP.ChangeDNSPtr(ctx, floating, floating.IP.String(), hcloud.Ptr("floating.example.com")))
	equal(got(client.FloatingIP.GetByID(ctx, floating.ID)).DNSPtr[floating.IP.String()], "floating.example.com")
	equal(got(client.FloatingIP.Update(ctx, floating, hcloud.FloatingIPUpdateOpts{Name: "renamed", Labels: none})).Name, "renamed")
	history(client.FloatingIP.Action, floating, "assign_floating_ip", "unassign_floating_ip", "change_dns_ptr")
	act(client.FloatingIP.ChangeProtection(ctx, floating, hcloud.FloatingIPChangeProtectionOpts{Delete: hcloud.Ptr(true)}))
	act(client.FloatingIP.Unassign(ctx, floating))
	_, err := client.FloatingIP.Delete(ctx, floating)
	refused(hcloud.ErrorCodeProtected, err)
	act(client.FloatingIP.ChangeProtection(ctx, floating, hcloud.FloatingIPChangeProtectionOpts{Delete: hcloud.Ptr(false)}))
	deleted(client.FloatingIP.Delete(ctx, floating))
	deleteServer(client, server)
}
