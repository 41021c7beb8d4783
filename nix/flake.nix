{
  description = "NixOS machines on Hetzner Cloud that can be thrown away and made again at any time";

  inputs = {
    # The branch that home-manager's main branch and nix-openclaw are made for; -small leaves out desktops, so security fixes come sooner.
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable-small";

    disko.url = "github:nix-community/disko";
    disko.inputs.nixpkgs.follows = "nixpkgs";

    home-manager.url = "github:nix-community/home-manager";
    home-manager.inputs.nixpkgs.follows = "nixpkgs";

    sops-nix.url = "github:Mic92/sops-nix";
    sops-nix.inputs.nixpkgs.follows = "nixpkgs";

    nix-openclaw.url = "github:openclaw/nix-openclaw";
    nix-openclaw.inputs.nixpkgs.follows = "nixpkgs";
    nix-openclaw.inputs.home-manager.follows = "home-manager";
  };

  # Inputs must stand here as literals; everything that can be written as ordinary Nix is in outputs.nix.
  outputs = inputs: import ./outputs.nix inputs;
}
