// The labels live with the steps, which look for them too and know nothing of components.
export * from "../steps/labels";
