/**
 * Columns for a person, each as wide as its widest cell.
 *
 * @example table(["name", "size"], [["home", "10 GB"]]) // "name  size\nhome  10 GB"
 */
export function table(head: string[], rows: string[][]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
