"use strict";

/** Something the user can mend; its message says how. */
class Problem extends Error {}

module.exports = { Problem };
