package main

import (
	"net"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func networks(client *hcloud.Client) {
	act := acted(client)
	network := newNetwork(client, "network")
	lists(&client.Network, func(each *hcloud.Network) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.NetworkListOpts { return hcloud.NetworkListOpts{ListOpts: opts} }, "of=me", network)
	route := hcloud.NetworkRoute{Destination: cidr("10.100.0.0/16"), Gateway: net.ParseIP("10.0.1.1")}
	act(client.Network.AddSubnet(ctx, network, hcloud.NetworkAddSubnetOpts{Subnet: subnet("10.0.2.0/24")}))
	act(client.Network.AddRoute(ctx, network, hcloud.NetworkAddRouteOpts{Route: route}))
	network = got(client.Network.GetByID(ctx, network.ID))
	require(len(network.Subnets) == 2 && len(network.Routes) == 1, "subnet or route is not there")

	server := newServer(client, "server", nil)
	act(client.Server.AttachToNetwork(ctx, server, hcloud.ServerAttachToNetworkOpts{
		Network: network, IP: net.ParseIP("10.0.1.7"), AliasIPs: []net.IP{net.ParseIP("10.0.1.8")},
	}))
	equal(got(client.Server.GetByID(ctx, server.ID)).PrivateNet[0].Aliases[0].String(), "10.0.1.8")
	act(client.Server.ChangeAliasIPs(ctx, server, hcloud.ServerChangeAliasIPsOpts{Network: network, AliasIPs: []net.IP{net.ParseIP("10.0.1.9")}}))
	equal(got(client.Server.GetByID(ctx, server.ID)).PrivateNet[0].Aliases[0].String(), "10.0.1.9")
	act(client.Server.DetachFromNetwork(ctx, server, hcloud.ServerDetachFromNetworkOpts{Network: network}))

	act(client.Network.DeleteRoute(ctx, network, hcloud.NetworkDeleteRouteOpts{Route: route}))
	act(client.Network.DeleteSubnet(ctx, network, hcloud.NetworkDeleteSubnetOpts{Subnet: subnet("10.0.2.0/24")}))
	act(client.Network.ChangeIPRange(ctx, network, hcloud.NetworkChangeIPRangeOpts{IPRange: cidr("10.0.0.0/12")}))
	equal(got(client.Network.GetByID(ctx, network.ID)).IPRange.String(), "10.0.0.0/12")
	equal(got(client.Network.Update(ctx, network, hcloud.NetworkUpdateOpts{Name: "renamed", Labels: none})).Name, "renamed")
	history(client.Network.Action, network, "add_subnet", "add_route", "delete_route", "delete_subnet", "change_ip_range")
	act(client.Network.ChangeProtection(ctx, network, hcloud.NetworkChangeProtectionOpts{Delete: hcloud.Ptr(true)}))
	_, err := client.Network.Delete(ctx, network)
	refused(hcloud.ErrorCodeProtected, err)
	act(client.Network.ChangeProtection(ctx, network, hcloud.NetworkChangeProtectionOpts{Delete: hcloud.Ptr(false)}))
	deleted(client.Network.Delete(ctx, network))
	deleteServer(client, server)
}

func networkMembers(client *hcloud.Client) {
	network := newNetwork(client, "network")
	server := newServer(client, "server", func(opts *hcloud.ServerCreateOpts) { opts.Networks = []*hcloud.Network{network} })
	members := all(client.Network.AllMembers(ctx, network))
	require(len(members) == 1 && members[0].ID == server.ID, "the server is not a member")
	equal(members[0].Type, hcloud.NetworkMemberTypeServer)
	opts := hcloud.NetworkMemberListOpts{Type: []hcloud.NetworkMemberType{hcloud.NetworkMemberTypeLoadBalancer}}
	equal(len(all(client.Network.AllMembersWithOpts(ctx, network, opts))), 0)
	opts = hcloud.NetworkMemberListOpts{Subnet: []*net.IPNet{cidr("10.0.1.0/24")}}
	equal(len(got(client.Network.ListMembers(ctx, network, opts))), 1)
	deleteServer(client, server)
	deleted(client.Network.Delete(ctx, network))
}

func firewalls(client *hcloud.Client) {
	server := newServer(client, "server", func(opts *hcloud.ServerCreateOpts) { opts.Labels = map[string]string{"role": "web"} })
	onServer := hcloud.FirewallResource{Type: hcloud.FirewallResourceTypeServer, Server: &hcloud.FirewallResourceServer{ID: server.ID}}
	onLabel := hcloud.FirewallResource{
		Type: hcloud.FirewallResourceTypeLabelSelector, LabelSelector: &hcloud.FirewallResourceLabelSelector{Selector: "role=web"},
	}
	ssh := hcloud.FirewallRule{
		Direction: hcloud.FirewallRuleDirectionIn, Protocol: hcloud.FirewallRuleProtocolTCP, Port: hcloud.Ptr("22"),
		SourceIPs: []net.IPNet{*cidr("0.0.0.0/0"), *cidr("::/0")}, Description: hcloud.Ptr("ssh"),
	}
	made := got(client.Firewall.Create(ctx, hcloud.FirewallCreateOpts{
		Name: "firewall", Labels: mine, Rules: []hcloud.FirewallRule{ssh}, ApplyTo: []hcloud.FirewallResource{onServer},
	}))
	done(client, made.Actions...)
	firewall := got(client.Firewall.GetByID(ctx, made.Firewall.ID))
	equal(firewall.AppliedTo[0].Server.ID, server.ID)
	lists(&client.Firewall, func(each *hcloud.Firewall) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.FirewallListOpts { return hcloud.FirewallListOpts{ListOpts: opts} }, "of=me", firewall)
	done(client, got(client.Firewall.SetRules(ctx, firewall, hcloud.FirewallSetRulesOpts{Rules: []hcloud.FirewallRule{ssh, ssh}}))...)
	_, err := client.Firewall.Delete(ctx, firewall)
	refused(hcloud.ErrorCodeResourceInUse, err)
	done(client, got(client.Firewall.RemoveResources(ctx, firewall, []hcloud.FirewallResource{onServer}))...)
	done(client, got(client.Firewall.ApplyResources(ctx, firewall, []hcloud.FirewallResource{onLabel}))...)
	firewall = got(client.Firewall.GetByID(ctx, firewall.ID))
	equal(firewall.AppliedTo[0].AppliedToResources[0].Server.ID, server.ID)
	done(client, got(client.Firewall.RemoveResources(ctx, firewall, []hcloud.FirewallResource{onLabel}))...)
	equal(got(client.Firewall.Update(ctx, firewall, hcloud.FirewallUpdateOpts{Name: "renamed", Labels: none})).Name, "renamed")
	history(client.Firewall.Action, firewall, "set_firewall_rules", "apply_firewall", "remove_firewall")
	deleted(client.Firewall.Delete(ctx, firewall))
	deleteServer(client, server)
}
