/** What is sold out at the moment. A type that is offered in a location need not be to be had there. */
export class Stock {
  private readonly soldOut = new Set<string>();

  /**
   * @param location leave out for all locations
   * @example `cloud.stock.set("cx33", "fsn1", false)`
   */
  set(serverType: string, location: string | undefined, available: boolean): void {
    const key = keyOf(serverType, location ?? "*");
    if (available) this.soldOut.delete(key);
    else this.soldOut.add(key);
  }

  /** What was sold out by order; a location of null means all of them. */
  list(): { serverType: string; location: string | null }[] {
    return [...this.soldOut].map((key) => {
      const [serverType = "", location = "*"] = key.split("@");
      return { serverType, location: location === "*" ? null : location };
    });
  }

  has(serverType: string, location: string): boolean {
    return !this.soldOut.has(keyOf(serverType, location)) && !this.soldOut.has(keyOf(serverType, "*"));
  }
}

const keyOf = (serverType: string, location: string): string => `${serverType}@${location}`;
