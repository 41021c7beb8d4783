"""Every resource of Hetzner Cloud through its whole life, with Hetzner's own Python client.

Run with HCLOUD_ENDPOINT, HCLOUD_TOKENS (with commas between them, each of an empty project: a chapter takes one) and
HCLOUD_TOKEN_READ_ONLY (of the first one's project) in the environment.
"""

import sys

# In the order in which they are run.
import refusals  # noqa: F401
import catalogue  # noqa: F401
import ssh_keys  # noqa: F401
import servers  # noqa: F401
import images  # noqa: F401
import volumes  # noqa: F401
import addresses  # noqa: F401
import networks  # noqa: F401
import firewalls  # noqa: F401
import certificates  # noqa: F401
import load_balancers  # noqa: F401
import zones  # noqa: F401
from harness import run

sys.exit(run())
