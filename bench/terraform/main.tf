# The same machine as users of Terraform make it: volume, server, attachment, a local-exec that installs and one that updates.

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
# Commands of the local-exec, and the folder of the flake.
variable "install" { type = string }
variable "update" { type = string }
variable "flake" { type = string }

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

  lifecycle {
    # What keeps the data: `terraform destroy` refuses to run as long as the state has the volume.
    prevent_destroy = true
    # Never read back: a volume that was imported again would be replaced.
    ignore_changes = [format]
  }
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

locals {
  environment = {
    ADDRESS   = hcloud_server.machine.ipv4_address
    VOLUME_ID = hcloud_volume.home.id
    DEVICE    = hcloud_volume.home.linux_device
  }
}

resource "terraform_data" "install" {
  triggers_replace = [hcloud_server.machine.id]
  depends_on       = [hcloud_volume_attachment.home]

  provisioner "local-exec" {
    command     = var.install
    environment = local.environment
  }
}

resource "terraform_data" "update" {
  triggers_replace = [
    terraform_data.install.id,
    sha256(join("", [for file in fileset(var.flake, "**") : filesha256("${var.flake}/${file}")])),
  ]

  provisioner "local-exec" {
    command     = var.update
    environment = local.environment
  }
}
