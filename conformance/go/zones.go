package main

import (
	"strings"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func zones(client *hcloud.Client) {
	act := acted(client)
	made := got(client.Zone.Create(ctx, hcloud.ZoneCreateOpts{
		Name: zoneName, Mode: hcloud.ZoneModePrimary, TTL: hcloud.Ptr(3600), Labels: mine,
		RRSets: []hcloud.ZoneCreateOptsRRSet{{Name: "www", Type: hcloud.ZoneRRSetTypeA, Records: []hcloud.ZoneRRSetRecord{{Value: "192.0.2.1"}}}},
	}))
	done(client, made.Action)
	zone := got(client.Zone.GetByID(ctx, made.Zone.ID))
	equal(zone.Status, hcloud.ZoneStatusOk)
	lists(&client.Zone, func(each *hcloud.Zone) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.ZoneListOpts { return hcloud.ZoneListOpts{ListOpts: opts} }, "of=me", zone)
	equal(got(client.Zone.Update(ctx, zone, hcloud.ZoneUpdateOpts{Labels: none})).Name, zoneName)
	act(client.Zone.ChangeTTL(ctx, zone, hcloud.ZoneChangeTTLOpts{TTL: 7200}))
	equal(got(client.Zone.GetByID(ctx, zone.ID)).TTL, 7200)
	act(client.Zone.ImportZonefile(ctx, zone, hcloud.ZoneImportZonefileOpts{
		Zonefile: zonefile(zone),
	}))
	exported := got(client.Zone.ExportZonefile(ctx, zone)).Zonefile
	require(strings.Contains(exported, "192.0.2.10") && strings.Contains(exported, "CNAME"), "exported: %s", exported)
	history(client.Zone.Action, zone, "create_zone", "import_zonefile")
	act(client.Zone.ChangeProtection(ctx, zone, hcloud.ZoneChangeProtectionOpts{Delete: hcloud.Ptr(true)}))
	refused(hcloud.ErrorCodeProtected, refusal(client.Zone.Delete(ctx, zone)))
	act(client.Zone.ChangeProtection(ctx, zone, hcloud.ZoneChangeProtectionOpts{Delete: hcloud.Ptr(false)}))
	done(client, got(client.Zone.Delete(ctx, zone)).Action)
	require(got(client.Zone.GetByID(ctx, zone.ID)) == nil, "a deleted zone is found")
}

// zonefile is one that can be imported: with a SOA record, and with the name servers that the zone was given.
func zonefile(zone *hcloud.Zone) string {
	servers := zone.AuthoritativeNameservers.Assigned
	require(len(servers) > 0, "the zone has no name servers")
	lines := []string{
		"$ORIGIN " + zoneName + ".", "$TTL 3600",
		"@ IN SOA " + servers[0] + " dns.hetzner.com. 2026112100 86400 10800 3600000 3600",
		"@ IN A 192.0.2.10", "www IN CNAME @",
	}
	for _, server := range servers {
		lines = append(lines, "@ IN NS "+server)
	}
	return strings.Join(lines, "\n") + "\n"
}

func recordSets(client *hcloud.Client) {
	act := acted(client)
	made := got(client.Zone.Create(ctx, hcloud.ZoneCreateOpts{Name: "records-" + zoneName, Mode: hcloud.ZoneModePrimary}))
	done(client, made.Action)
	zone := made.Zone
	one, two := hcloud.ZoneRRSetRecord{Value: "192.0.2.1", Comment: "one"}, hcloud.ZoneRRSetRecord{Value: "192.0.2.2"}
	created := got(client.Zone.CreateRRSet(ctx, zone, hcloud.ZoneRRSetCreateOpts{
		Name: "www", Type: hcloud.ZoneRRSetTypeA, TTL: hcloud.Ptr(300), Labels: mine, Records: []hcloud.ZoneRRSetRecord{one},
	}))
	done(client, created.Action)
	read := func() *hcloud.ZoneRRSet {
		return got(client.Zone.GetRRSetByNameAndType(ctx, zone, "www", hcloud.ZoneRRSetTypeA))
	}
	rrset := read()
	equal(*rrset.TTL, 300)
	equal(got(client.Zone.GetRRSetByID(ctx, zone, "www/A")).ID, rrset.ID)
	require(len(all(client.Zone.AllRRSets(ctx, zone))) >= 1, "there is no record set")
	onlyA := hcloud.ZoneRRSetListOpts{Type: []hcloud.ZoneRRSetType{hcloud.ZoneRRSetTypeA}}
	equal(len(all(client.Zone.AllRRSetsWithOpts(ctx, zone, onlyA))), 1)
	equal(len(got(client.Zone.ListRRSets(ctx, zone, onlyA))), 1)

	act(client.Zone.AddRRSetRecords(ctx, rrset, hcloud.ZoneRRSetAddRecordsOpts{Records: []hcloud.ZoneRRSetRecord{two}}))
	equal(len(read().Records), 2)
	two.Comment = "two"
	act(client.Zone.UpdateRRSetRecords(ctx, rrset, hcloud.ZoneRRSetUpdateRecordsOpts{Records: []hcloud.ZoneRRSetRecord{two}}))
	act(client.Zone.RemoveRRSetRecords(ctx, rrset, hcloud.ZoneRRSetRemoveRecordsOpts{Records: []hcloud.ZoneRRSetRecord{one}}))
	equal(read().Records[0], two)
	act(client.Zone.SetRRSetRecords(ctx, rrset, hcloud.ZoneRRSetSetRecordsOpts{Records: []hcloud.ZoneRRSetRecord{one, two}}))
	act(client.Zone.ChangeRRSetTTL(ctx, rrset, hcloud.ZoneRRSetChangeTTLOpts{TTL: hcloud.Ptr(600)}))
	equal(*read().TTL, 600)
	equal(len(got(client.Zone.UpdateRRSet(ctx, rrset, hcloud.ZoneRRSetUpdateOpts{Labels: none})).Labels), 0)
	act(client.Zone.ChangeRRSetProtection(ctx, rrset, hcloud.ZoneRRSetChangeProtectionOpts{Change: hcloud.Ptr(true)}))
	refused(hcloud.ErrorCodeProtected, refusal(client.Zone.DeleteRRSet(ctx, rrset)))
	act(client.Zone.ChangeRRSetProtection(ctx, rrset, hcloud.ZoneRRSetChangeProtectionOpts{Change: hcloud.Ptr(false)}))
	done(client, got(client.Zone.DeleteRRSet(ctx, rrset)).Action)
	require(read() == nil, "a deleted record set is found")
	done(client, got(client.Zone.Delete(ctx, zone)).Action)
}

func secondaryZones(client *hcloud.Client) {
	made := got(client.Zone.Create(ctx, hcloud.ZoneCreateOpts{
		Name: "secondary-" + zoneName, Mode: hcloud.ZoneModeSecondary,
		PrimaryNameservers: []hcloud.ZoneCreateOptsPrimaryNameserver{{Address: "198.51.100.1", Port: 53}},
	}))
	done(client, made.Action)
	acted(client)(client.Zone.ChangePrimaryNameservers(ctx, made.Zone, hcloud.ZoneChangePrimaryNameserversOpts{
		PrimaryNameservers: []hcloud.ZoneChangePrimaryNameserversOptsPrimaryNameserver{{Address: "203.0.113.1", Port: 53}},
	}))
	equal(got(client.Zone.GetByID(ctx, made.Zone.ID)).PrimaryNameservers[0].Address, "203.0.113.1")
	done(client, got(client.Zone.Delete(ctx, made.Zone)).Action)
}
