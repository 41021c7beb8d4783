# One of every resource that the provider has for Hetzner Cloud, with as many of its properties set as go together.
terraform {
  required_providers {
    hcloud = {
      source = "hetznercloud/hcloud"
    }
  }
}

# Endpoint and token come from the environment.
provider "hcloud" {
  poll_interval = "50ms"
  poll_function = "constant"
}

# Made outside, to be the same at every run.
variable "public_key" {
  type = string
}
variable "certificate" {
  type = string
}
variable "private_key" {
  type      = string
  sensitive = true
}

# Needed before 1.62, and since 1.62 at odds with an API that says "unassigned" of an address that nobody has yet.
variable "assignee_type" {
  type    = string
  default = null
}

locals {
  labels = { of = "me" }
}

resource "hcloud_ssh_key" "key" {
  name       = "key"
  public_key = var.public_key
  labels     = local.labels
}

resource "hcloud_placement_group" "group" {
  name   = "group"
  type   = "spread"
  labels = local.labels
}

resource "hcloud_primary_ip" "primary" {
  name          = "primary"
  type          = "ipv4"
  location      = "fsn1"
  assignee_type = var.assignee_type
  auto_delete   = false
  labels        = local.labels
}

resource "hcloud_firewall" "firewall" {
  name   = "firewall"
  labels = local.labels
  rule {
    direction   = "in"
    protocol    = "tcp"
    port        = "22"
    source_ips  = ["0.0.0.0/0", "::/0"]
    description = "ssh"
  }
}

resource "hcloud_network" "network" {
  name     = "network"
  ip_range = "10.0.0.0/16"
  labels   = local.labels
}

resource "hcloud_network_subnet" "subnet" {
  network_id   = hcloud_network.network.id
  type         = "cloud"
  network_zone = "eu-central"
  ip_range     = "10.0.1.0/24"
}

resource "hcloud_network_route" "route" {
  network_id  = hcloud_network.network.id
  destination = "10.100.0.0/16"
  gateway     = "10.0.1.1"
  depends_on  = [hcloud_network_subnet.subnet]
}

resource "hcloud_server" "server" {
  name               = "server"
  server_type        = "cx23"
  image              = "debian-13"
  location           = "fsn1"
  ssh_keys           = [hcloud_ssh_key.key.id]
  labels             = { role = "web" }
  placement_group_id = hcloud_placement_group.group.id
  user_data          = "#cloud-config\n{}\n"
  backups            = true
  keep_disk          = true
  public_net {
    ipv4_enabled = true
    ipv4         = hcloud_primary_ip.primary.id
    ipv6_enabled = true
  }
}

resource "hcloud_server_network" "member" {
  server_id  = hcloud_server.server.id
  network_id = hcloud_network.network.id
  ip         = "10.0.1.5"
  alias_ips  = ["10.0.1.10"]
  depends_on = [hcloud_network_subnet.subnet]
}

resource "hcloud_firewall_attachment" "applied" {
  firewall_id     = hcloud_firewall.firewall.id
  server_ids      = [hcloud_server.server.id]
  label_selectors = ["role=db"]
}

resource "hcloud_rdns" "name" {
  server_id  = hcloud_server.server.id
  ip_address = hcloud_server.server.ipv4_address
  dns_ptr    = "server.example.com"
}

resource "hcloud_snapshot" "snapshot" {
  server_id   = hcloud_server.server.id
  description = "golden"
  labels      = local.labels
}

resource "hcloud_volume" "volume" {
  name     = "volume"
  size     = 10
  location = "fsn1"
  format   = "ext4"
  labels   = local.labels
}

resource "hcloud_volume_attachment" "attachment" {
  server_id = hcloud_server.server.id
  volume_id = hcloud_volume.volume.id
  automount = false
}

resource "hcloud_floating_ip" "floating" {
  name          = "floating"
  type          = "ipv4"
  home_location = "fsn1"
  description   = "service"
  labels        = local.labels
}

resource "hcloud_floating_ip_assignment" "assignment" {
  floating_ip_id = hcloud_floating_ip.floating.id
  server_id      = hcloud_server.server.id
}

resource "hcloud_uploaded_certificate" "uploaded" {
  name        = "uploaded"
  certificate = var.certificate
  private_key = var.private_key
  labels      = local.labels
}

resource "hcloud_managed_certificate" "managed" {
  name         = "managed"
  domain_names = ["app.every-resource.com"]
  labels       = local.labels
  depends_on   = [hcloud_zone.zone]
}

resource "hcloud_zone" "zone" {
  name   = "every-resource.com"
  mode   = "primary"
  ttl    = 3600
  labels = local.labels
}

resource "hcloud_zone_rrset" "rrset" {
  zone   = hcloud_zone.zone.name
  name   = "www"
  type   = "A"
  ttl    = 300
  labels = local.labels
  records = [
    { value = "192.0.2.1", comment = "first" },
    { value = "192.0.2.2" },
  ]
}

resource "hcloud_load_balancer" "balancer" {
  name               = "balancer"
  load_balancer_type = "lb11"
  location           = "fsn1"
  labels             = local.labels
  algorithm {
    type = "least_connections"
  }
}

resource "hcloud_load_balancer_network" "in_network" {
  load_balancer_id = hcloud_load_balancer.balancer.id
  network_id       = hcloud_network.network.id
  ip               = "10.0.1.100"
  depends_on       = [hcloud_network_subnet.subnet]
}

resource "hcloud_load_balancer_service" "service" {
  load_balancer_id = hcloud_load_balancer.balancer.id
  protocol         = "https"
  listen_port      = 443
  destination_port = 80
  http {
    certificates    = [hcloud_uploaded_certificate.uploaded.id]
    sticky_sessions = true
    cookie_name     = "C"
    cookie_lifetime = 300
  }
  health_check {
    protocol = "http"
    port     = 80
    interval = 15
    timeout  = 10
    retries  = 3
    http {
      domain       = "example.com"
      path         = "/"
      status_codes = ["2??"]
    }
  }
}

resource "hcloud_load_balancer_target" "target" {
  load_balancer_id = hcloud_load_balancer.balancer.id
  type             = "server"
  server_id        = hcloud_server.server.id
  use_private_ip   = true
  depends_on       = [hcloud_load_balancer_network.in_network, hcloud_server_network.member]
}
