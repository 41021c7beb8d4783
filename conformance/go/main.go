// Command life takes every resource of Hetzner Cloud through its whole life with hcloud-go, used as it comes.
//
// Run with HCLOUD_ENDPOINT, HCLOUD_TOKENS (with commas between them, each of an empty project: a chapter takes one) and
// HCLOUD_TOKEN_READ_ONLY (of the first one's project) in the environment. It prints a JSON line for each chapter; which methods of
// the client were never called is known from its coverage.
package main

import "os"

func main() {
	os.Exit(run([]chapter{
		{"refusals", refusals},
		{"catalogue", catalogue},
		{"actions", actions},
		{"ssh keys", sshKeys},
		{"server with everything", serverWithEverything},
		{"servers", servers},
		{"rescue, iso and backups", rescueISOAndBackups},
		{"placement groups", placementGroups},
		{"images", images},
		{"volumes", volumes},
		{"primary ips", primaryIPs},
		{"floating ips", floatingIPs},
		{"networks", networks},
		{"network members", networkMembers},
		{"firewalls", firewalls},
		{"uploaded certificates", uploadedCertificates},
		{"managed certificates", managedCertificates},
		{"load balancers", loadBalancers},
		{"services of load balancers", servicesOfLoadBalancers},
		{"targets of load balancers", targetsOfLoadBalancers},
		{"zones", zones},
		{"record sets", recordSets},
		{"secondary zones", secondaryZones},
	}))
}
