package main

import (
	"net"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func newLoadBalancer(client *hcloud.Client) *hcloud.LoadBalancer {
	made := got(client.LoadBalancer.Create(ctx, hcloud.LoadBalancerCreateOpts{
		Name:             "balancer",
		LoadBalancerType: &hcloud.LoadBalancerType{Name: "lb11"},
		Algorithm:        &hcloud.LoadBalancerAlgorithm{Type: hcloud.LoadBalancerAlgorithmTypeRoundRobin},
		Location:         here,
		Labels:           mine,
		Services: []hcloud.LoadBalancerCreateOptsService{{
			Protocol: hcloud.LoadBalancerServiceProtocolTCP, ListenPort: hcloud.Ptr(80), DestinationPort: hcloud.Ptr(8080),
		}},
	}))
	done(client, made.Action)
	return got(client.LoadBalancer.GetByID(ctx, made.LoadBalancer.ID))
}

func deleteLoadBalancer(client *hcloud.Client, balancer *hcloud.LoadBalancer) {
	done(client, got(client.LoadBalancer.DeleteWithResult(ctx, balancer)).Action)
	require(got(client.LoadBalancer.GetByID(ctx, balancer.ID)) == nil, "a deleted load balancer is found")
}

func loadBalancers(client *hcloud.Client) {
	act := acted(client)
	balancer := newLoadBalancer(client)
	equal(balancer.Services[0].DestinationPort, 8080)
	lists(&client.LoadBalancer, func(each *hcloud.LoadBalancer) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.LoadBalancerListOpts {
			return hcloud.LoadBalancerListOpts{ListOpts: opts}
		}, "of=me", balancer)
	equal(got(client.LoadBalancer.Update(ctx, balancer, hcloud.LoadBalancerUpdateOpts{Name: "renamed", Labels: none})).Name, "renamed")
	act(client.LoadBalancer.ChangeAlgorithm(ctx, balancer, hcloud.LoadBalancerChangeAlgorithmOpts{
		Type: hcloud.LoadBalancerAlgorithmTypeLeastConnections,
	}))
	act(client.LoadBalancer.ChangeType(ctx, balancer, hcloud.LoadBalancerChangeTypeOpts{LoadBalancerType: &hcloud.LoadBalancerType{Name: "lb21"}}))
	act(client.LoadBalancer.ChangeDNSPtr(ctx, balancer, balancer.PublicNet.IPv4.IP.String(), hcloud.Ptr("balancer.example.com")))
	balancer = got(client.LoadBalancer.GetByID(ctx, balancer.ID))
	equal(balancer.LoadBalancerType.Name, "lb21")
	equal(balancer.PublicNet.IPv4.DNSPtr, "balancer.example.com")
	metrics := got(client.LoadBalancer.GetMetrics(ctx, balancer, hcloud.LoadBalancerGetMetricsOpts{
		Types: []hcloud.LoadBalancerMetricType{hcloud.LoadBalancerMetricOpenConnections}, Start: earlier, End: now, Step: 60,
	}))
	_, there := metrics.TimeSeries["open_connections"]
	require(there, "there is no series of open connections")
	history(client.LoadBalancer.Action, balancer, "create_load_balancer", "change_algorithm", "change_load_balancer_type")
	act(client.LoadBalancer.ChangeProtection(ctx, balancer, hcloud.LoadBalancerChangeProtectionOpts{Delete: hcloud.Ptr(true)}))
	_, err := client.LoadBalancer.Delete(ctx, balancer)
	refused(hcloud.ErrorCodeProtected, err)
	act(client.LoadBalancer.ChangeProtection(ctx, balancer, hcloud.LoadBalancerChangeProtectionOpts{Delete: hcloud.Ptr(false)}))
	deleteLoadBalancer(client, balancer)
}

func servicesOfLoadBalancers(client *hcloud.Client) {
	act := acted(client)
	balancer := newLoadBalancer(client)
	certificate := got(client.Certificate.Create(ctx, newCertificate("certificate", "www.example.com")))
	act(client.LoadBalancer.AddService(ctx, balancer, hcloud.LoadBalancerAddServiceOpts{
		Protocol: hcloud.LoadBalancerServiceProtocolHTTPS, ListenPort: hcloud.Ptr(443), DestinationPort: hcloud.Ptr(80),
		HTTP: &hcloud.LoadBalancerAddServiceOptsHTTP{
			CookieName: hcloud.Ptr("C"), CookieLifetime: hcloud.Ptr(time.Minute), Certificates: []*hcloud.Certificate{certificate},
			StickySessions: hcloud.Ptr(true),
		},
		HealthCheck: &hcloud.LoadBalancerAddServiceOptsHealthCheck{
			Protocol: hcloud.LoadBalancerServiceProtocolHTTP, Port: hcloud.Ptr(80), Interval: hcloud.Ptr(15 * time.Second),
			Timeout: hcloud.Ptr(10 * time.Second), Retries: hcloud.Ptr(3),
			HTTP: &hcloud.LoadBalancerAddServiceOptsHealthCheckHTTP{Path: hcloud.Ptr("/"), StatusCodes: []string{"2??"}},
		},
	}))
	act(client.LoadBalancer.UpdateService(ctx, balancer, 443, hcloud.LoadBalancerUpdateServiceOpts{DestinationPort: hcloud.Ptr(8080)}))
	balancer = got(client.LoadBalancer.GetByID(ctx, balancer.ID))
	require(len(balancer.Services) == 2, "it has %d services", len(balancer.Services))
	for _, service := range balancer.Services {
		if service.ListenPort == 443 {
			equal(service.DestinationPort, 8080)
			equal(service.HTTP.Certificates[0].ID, certificate.ID)
			equal(service.HealthCheck.HTTP.Path, "/")
		}
	}
	act(client.LoadBalancer.DeleteService(ctx, balancer, 443))
	deleteLoadBalancer(client, balancer)
	deleted(client.Certificate.Delete(ctx, certificate))
}

func targetsOfLoadBalancers(client *hcloud.Client) {
	act := acted(client)
	balancer := newLoadBalancer(client)
	network := newNetwork(client, "network")
	server := newServer(client, "server", func(opts *hcloud.ServerCreateOpts) {
		opts.Labels, opts.Networks = map[string]string{"role": "web"}, []*hcloud.Network{network}
	})
	act(client.LoadBalancer.AttachToNetwork(ctx, balancer, hcloud.LoadBalancerAttachToNetworkOpts{Network: network, IP: net.ParseIP("10.0.1.100")}))
	act(client.LoadBalancer.AddServerTarget(ctx, balancer, hcloud.LoadBalancerAddServerTargetOpts{Server: server, UsePrivateIP: hcloud.Ptr(true)}))
	act(client.LoadBalancer.AddLabelSelectorTarget(ctx, balancer, hcloud.LoadBalancerAddLabelSelectorTargetOpts{Selector: "role=web"}))
	balancer = got(client.LoadBalancer.GetByID(ctx, balancer.ID))
	equal(balancer.PrivateNet[0].IP.String(), "10.0.1.100")
	equal(len(balancer.Targets), 2)
	// Only addresses of dedicated servers may be named; with which code another is refused is not documented.
	refused("", refusal(client.LoadBalancer.AddIPTarget(ctx, balancer, hcloud.LoadBalancerAddIPTargetOpts{IP: server.PublicNet.IPv4.IP})))
	act(client.LoadBalancer.AddIPTarget(ctx, balancer, hcloud.LoadBalancerAddIPTargetOpts{IP: net.ParseIP("203.0.113.1")}))
	act(client.LoadBalancer.RemoveIPTarget(ctx, balancer, net.ParseIP("203.0.113.1")))
	act(client.LoadBalancer.RemoveLabelSelectorTarget(ctx, balancer, "role=web"))
	act(client.LoadBalancer.RemoveServerTarget(ctx, balancer, server))
	act(client.LoadBalancer.DisablePublicInterface(ctx, balancer))
	balancer = got(client.LoadBalancer.GetByID(ctx, balancer.ID))
	require(!balancer.PublicNet.Enabled && len(balancer.Targets) == 0, "public interface or targets are still there")
	act(client.LoadBalancer.EnablePublicInterface(ctx, balancer))
	act(client.LoadBalancer.DetachFromNetwork(ctx, balancer, hcloud.LoadBalancerDetachFromNetworkOpts{Network: network}))
	deleteLoadBalancer(client, balancer)
	deleteServer(client, server)
	deleted(client.Network.Delete(ctx, network))
}
