"""Chapters of a life with Hetzner's Python client: each is run whatever becomes of the others, and every call is counted.

The client is used as it comes: it is given an endpoint and a token.
"""

import functools
import inspect
import json
import os
import warnings
from typing import Callable

from hcloud import APIException, Client
from hcloud.actions import BoundAction

# `client.datacenters` warns where it is so much as looked at.
warnings.simplefilter("ignore", DeprecationWarning)

# Another service of Hetzner's, at another address: https://api.hetzner.com.
ANOTHER_SERVICE = ("storage_boxes", "storage_box_types")

# `GET /actions` without ids was removed by Hetzner on 2025-01-30, and these ask for nothing else.
NOTHING_TO_CALL = ("actions.get_all", "actions.get_list")

# Whatever can be made, and must be gone at the end.
KINDS = (
    "servers volumes networks firewalls primary_ips floating_ips ssh_keys placement_groups certificates load_balancers zones images"
).split()

_chapters: list[tuple[str, Callable[[Client], None]]] = []


def chapter(life: Callable[[Client], None]) -> Callable[[Client], None]:
    """Registers a function as the life of a resource; its name with blanks is the chapter's."""
    _chapters.append((life.__name__.replace("_", " "), life))
    return life


def connect(token: str) -> Client:
    return Client(token=token, api_endpoint=os.environ["HCLOUD_ENDPOINT"], poll_interval=0.02)


def read_only_client() -> Client:
    """Of the first chapter's project."""
    return connect(os.environ["HCLOUD_TOKEN_READ_ONLY"])


def done(*actions: BoundAction | None) -> None:
    """Waits until actions have succeeded. Raises ActionFailedException."""
    for action in actions:
        if action is not None:
            action.wait_until_finished()
            assert action.status == "success" and action.progress == 100, (action.command, action.status, action.progress)


def refused(code: str | None, call: Callable[[], object]) -> APIException:
    """Requires that a call is refused with this code; None where the documents do not say with which."""
    try:
        call()
    except APIException as error:
        assert code in (error.code, None), f"{error.code} ({error.message}), not {code}"
        return error
    raise AssertionError(f"it was not refused with {code}")


def lists(resource, items: list, selector: str | None = None, names: bool = True) -> None:
    """Requires that all of `items` are found: one by one, by name, page by page, each once, and by label."""
    ids = {item.id for item in items}
    for item in items:
        assert resource.get_by_id(item.id).id == item.id
        if names:
            assert resource.get_by_name(item.name).id == item.id, item.name
    every = [item.id for item in resource.get_all()]
    assert len(every) == len(set(every)) and ids <= set(every), (ids, every)

    paged, page = [], 1
    while page is not None:
        found, meta = resource.get_list(page=page, per_page=1)
        assert len(found) <= 1 and meta.pagination.total_entries == len(every), vars(meta.pagination)
        paged += [item.id for item in found]
        page = meta.pagination.next_page
    assert sorted(paged) == sorted(every), (paged, every)

    if selector is not None:
        assert {item.id for item in resource.get_all(label_selector=selector)} == ids, selector
        assert resource.get_all(label_selector=f"{selector},nobody=has") == []


def has_actions(resource, owner, *commands: str) -> None:
    """Requires that the history of a resource tells of these commands, whichever way it is asked for."""
    history = resource.get_actions(owner, sort=["id"])
    assert set(commands) <= {action.command for action in history}, ([each.command for each in history], commands)
    assert [action.id for action in history] == sorted(action.id for action in history)
    assert resource.get_actions(owner, status=["running"]) == []
    first, _ = resource.get_actions_list(owner, page=1, per_page=1)
    assert len(first) == 1
    assert resource.actions.get_by_id(history[0].id).command == history[0].command
    assert history[0].id in {action.id for action in resource.actions.get_all()}
    assert len(resource.actions.get_list(page=1, per_page=1).actions) == 1


def run() -> int:
    """Runs every chapter in a project of its own. Prints a JSON line for each, and one with the calls that were never made."""
    tokens = os.environ["HCLOUD_TOKENS"].split(",")
    called: dict[str, int] = {}
    clients = []
    failed = 0
    for token, (name, life) in zip(tokens, _chapters, strict=False):
        client = connect(token)
        clients.append((name, client))
        _record(client, called)
        try:
            life(client)
            _say(chapter=name)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            _say(chapter=name, error=_in_words(error))
            clients.pop()
    _nothing_left(clients)
    _say(calls=sum(called.values()), methods=len(called), uncalled=sorted(name for name, count in called.items() if count == 0))
    return 0 if failed == 0 else 1


def _nothing_left(clients: list[tuple[str, Client]]) -> None:
    """A chapter that ended well has deleted what it made."""
    for name, client in clients:
        for kind in KINDS:
            try:
                left = getattr(client, kind).get_all(**({"type": ["snapshot", "backup"]} if kind == "images" else {}))
            except APIException:
                # Not there at all, which other chapters tell of.
                continue
            if left:
                _say(chapter=f"nothing is left of {name}", error=f"{kind}: {[each.id for each in left]}")


def _record(client: Client, called: dict[str, int]) -> None:
    """Counts the calls of every method that the client's resources offer, from here on."""
    resources = {name.lstrip("_"): value for name, value in vars(client).items() if type(value).__module__.startswith("hcloud.")}
    for name, resource in resources.items():
        if name in ANOTHER_SERVICE or not type(resource).__name__.endswith("sClient"):
            continue
        for method, bound in inspect.getmembers(resource, inspect.ismethod):
            if not method.startswith("_") and f"{name}.{method}" not in NOTHING_TO_CALL:
                called.setdefault(f"{name}.{method}", 0)
                setattr(resource, method, _counting(called, f"{name}.{method}", bound))


def _counting(called: dict[str, int], name: str, method):
    @functools.wraps(method)
    def counted(*args, **kwargs):
        called[name] += 1
        return method(*args, **kwargs)

    return counted


def _in_words(error: Exception) -> str:
    # The innermost line of a chapter says more than that of the client or of a helper.
    frames = [frame for frame in inspect.trace() if os.path.dirname(frame.filename) == os.path.dirname(__file__)]
    place = next((frame for frame in reversed(frames) if frame.filename != __file__), None)
    where = "" if place is None else f"{os.path.basename(place.filename)}:{place.lineno} `{(place.code_context or [''])[0].strip()}`: "
    what = f"{error.code}: {error.message} {error.details or ''}" if isinstance(error, APIException) else str(error)
    return f"{where}{type(error).__name__} {what}".strip()


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)
