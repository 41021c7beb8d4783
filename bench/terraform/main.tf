# The same machine as users of Terraform make it: volume, server, attachment, and a local-exec that installs.

terraform {
  required_providers {
    hcloud = { source = "hetznercloud/hcloud" }
  }
}

provider "hcloud" {
  poll_interval = "50ms"
  poll_function = "constant"
}

variable "public_key" { type = string }
variable "install" { type = string }

resource "hcloud_ssh_key" "operator" {
  name       = "operator"
  public_key = var.public_key
}

resource "hcloud_volume" "home" {
  name              = "peer-home"
  size              = 10
  location          = "fsn1"
  format            = "ext4"
  delete_protection = true
}

resource "hcloud_server" "machine" {
  name        = "peer"
  server_type = "cx23"
  image       = "debian-13"
  location    = "fsn1"
  ssh_keys    = [hcloud_ssh_key.operator.id]
}

resource "hcloud_volume_attachment" "home" {
  volume_id = hcloud_volume.home.id
  server_id = hcloud_server.machine.id
  automount = false
}

resource "terraform_data" "install" {
  triggers_replace = [hcloud_server.machine.id]
  depends_on       = [hcloud_volume_attachment.home]

  provisioner "local-exec" {
    command = var.install
    environment = {
      ADDRESS   = hcloud_server.machine.ipv4_address
      VOLUME_ID = hcloud_volume.home.id
      DEVICE    = hcloud_volume.home.linux_device
    }
  }
}
