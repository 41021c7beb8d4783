// The page: every part shows what the feed says, whenever it says it.
import { showActions } from "./actions.js";
import { showClock, showPace, startClock } from "./clock.js";
import { copyable, find } from "./dom.js";
import { offerFaults, showFaults, startFaults } from "./faults.js";
import { follow } from "./feed.js";
import { showJournal } from "./journal.js";
import { showOthers } from "./others.js";
import { addRequests, forgetRequests, startRequests } from "./requests.js";
import { knowMachines, showServers } from "./servers.js";
import { showVolumes } from "./volumes.js";

const endpoint = `${location.origin}/v1`;

find("#endpoint").replaceWith(copyable(endpoint));
find("#start").textContent = [
  `export HCLOUD_ENDPOINT=${endpoint} HCLOUD_TOKEN=${"x".repeat(64)}`,
  "hcloud server create --name web --type cx23 --image debian-13",
].join("\n");
startClock();
startFaults();
startRequests();

follow(
  {
    about(about) {
      forgetRequests();
      knowMachines(about);
      showPace(about.pace);
      offerFaults(about);
    },
    clock: showClock,
    servers: showServers,
    volumes: showVolumes,
    actions: showActions,
    others: showOthers,
    faults: showFaults,
    journal: showJournal,
    requests: addRequests,
  },
  (state) => {
    const element = find("#connection");
    element.dataset.state = state;
    element.textContent = state;
  },
);
