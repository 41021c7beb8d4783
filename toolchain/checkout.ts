import { dirname } from "node:path";

/**
 * Folder of this checkout, absolute. Whoever looks for a file of it that is not code begins here: a bundle (bundle.js) lies elsewhere than its
 * sources, and knows of one place only.
 */
export const CHECKOUT = dirname(__dirname);
