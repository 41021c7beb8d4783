# The facts themselves when they are right, and one error with every mistake in them when they are not.
facts:
let
  schema = builtins.fromJSON (builtins.readFile ./schema.json);
  problems = import ./validate.nix schema facts;
in
if problems == [ ] then
  facts
else
  throw ("facts.json is wrong:\n  - " + builtins.concatStringsSep "\n  - " problems)
