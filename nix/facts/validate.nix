# The part of JSON Schema that schema.json uses, in plain Nix: so the schema is the one place that says what facts are, and Nix, which
# cannot run a JSON-schema library, reads the same file. No nixpkgs here, so that it runs wherever there is a Nix at all.
# validate schema value -> list of sentences, each beginning with the field; empty when all is well.
let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    genList
    isString
    length
    match
    split
    stringLength
    substring
    toJSON
    ;

  typeOf =
    value:
    {
      set = "object";
      list = "array";
      string = "string";
      int = "integer";
      bool = "boolean";
      null = "null";
      float = "number";
    }
    .${builtins.typeOf value} or "unknown";

  show =
    value:
    let
      text = toJSON value;
    in
    if stringLength text > 80 then substring 0 77 text + "..." else text;

  # Patterns in the schema are anchored, which JSON Schema needs and builtins.match always does.
  unanchored = pattern: substring 1 (stringLength pattern - 2) pattern;

  octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  dotted = "(${octet}\\.){3}${octet}";
  ipv4 = text: match dotted text != null;

  ipv6 =
    text:
    let
      # The last two groups may be written as an IPv4 address.
      mixed = match "(.*:)${dotted}" text;
      pieces = filter isString (split "::" (if mixed == null then text else "${elemAt mixed 0}0:0"));
      groups = part: if part == "" then [ ] else filter isString (split ":" part);
      wellFormed = all (group: match "[0-9a-fA-F]{1,4}" group != null);
      count = length (concatMap groups pieces);
    in
    all (part: wellFormed (groups part)) pieces
    && (if length pieces == 1 then count == 8 else length pieces == 2 && count <= 7);

  formats = { inherit ipv4 ipv6; };

  # `anyOf [ x null ]` is the only union the schema has: what is wrong is then wrong with x. `not` only ever excludes one value.
  check =
    path: schema: value:
    let
      here = if path == "" then "facts" else path;
      at = name: if path == "" then name else "${path}.${name}";
      known = schema.properties or { };
      type = typeOf value;
      wrong = text: [ "${here}: ${text}" ];
    in
    if schema ? anyOf then
      (if value == null && elem { type = "null"; } schema.anyOf then [ ] else check path (elemAt schema.anyOf 0) value)
    else if schema ? type && schema.type != type then
      wrong "must be of type ${schema.type}, and is ${type} (${show value})"
    else if schema ? const && value != schema.const then
      wrong "must be ${show schema.const}, and is ${show value}"
    else if schema ? enum && !elem value schema.enum then
      wrong "must be one of ${concatStringsSep ", " (map show schema.enum)}, and is ${show value}"
    else if schema ? pattern && match (unanchored schema.pattern) value == null then
      wrong "${schema.description or "has the wrong form"} (${show value})"
    else if schema ? not && value == schema.not.const then
      wrong "${schema.description or "must be another"} (${show value})"
    else if schema ? format && !formats.${schema.format} value then
      wrong "must be an ${schema.format} address, and is ${show value}"
    else if schema ? minimum && value < schema.minimum then
      wrong "must be at least ${show schema.minimum}, and is ${show value}"
    else if schema ? maximum && value > schema.maximum then
      wrong "must be at most ${show schema.maximum}, and is ${show value}"
    else if schema ? minItems && length value < schema.minItems then
      wrong "must have at least ${show schema.minItems} entry"
    else if type == "object" then
      concatLists [
        (concatMap (name: if value ? ${name} then [ ] else [ "${at name}: is missing" ]) (schema.required or [ ]))
        (concatMap (
          name:
          if known ? ${name} then
            check (at name) known.${name} value.${name}
          else
            [
              "${at name}: no such field; there are ${concatStringsSep ", " (attrNames known)}"
            ]
        ) (attrNames value))
      ]
    else if type == "array" && schema ? items then
      concatLists (genList (i: check "${here}[${toString i}]" schema.items (elemAt value i)) (length value))
    else
      [ ];
in
check ""
