// The order in which jest takes the test files: what takes minutes first, or at the end one core would wait for the other. In a fresh clone
// jest knows no durations, and takes the largest files first.
"use strict";

const { default: Sequencer } = require("@jest/test-sequencer");

const LONGEST = [/\/test\/chaos\//, /\/test\/lifecycle\//, /\.evaluated\./, /\/test\/steps\//];

class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const found = LONGEST.findIndex((pattern) => pattern.test(path));
      return found === -1 ? LONGEST.length : found;
    };
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
}

module.exports = LongestFirst;
