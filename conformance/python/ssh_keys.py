from hcloud import Client

from harness import chapter, lists, refused

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7lJYBrGyUmUs8bQ0DRFCyxOCFDFDrFpRpyDJqPQLE9 me@example"
ANOTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKpzwb/PlW9sOn8hFR4M2IRS4nWS9nIo0cWUNFyNTGb7 you@example"


@chapter
def keys(client: Client) -> None:
    key = client.ssh_keys.create("key", KEY, labels={"of": "me"})
    other = client.ssh_keys.create("other", ANOTHER, labels={"of": "me"})
    lists(client.ssh_keys, [key, other], "of=me")
    assert client.ssh_keys.get_by_fingerprint(key.fingerprint).id == key.id
    assert [each.id for each in client.ssh_keys.get_all(fingerprint=other.fingerprint)] == [other.id]
    refused("uniqueness_error", lambda: client.ssh_keys.create("third", KEY))
    refused("uniqueness_error", lambda: client.ssh_keys.create("key", ANOTHER))
    refused("invalid_input", lambda: client.ssh_keys.create("third", "no key"))

    renamed = key.update(name="renamed", labels={})
    assert (renamed.name, renamed.labels, renamed.public_key) == ("renamed", {}, KEY)
    assert other.delete() and key.delete()
    refused("not_found", lambda: client.ssh_keys.get_by_id(key.id))
    assert client.ssh_keys.get_by_name("renamed") is None
