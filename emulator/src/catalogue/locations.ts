// Where servers can be. Numbers and names are Hetzner's own; everything refers to a location by its name.

export interface Location {
  id: number;
  name: string;
  description: string;
  country: string;
  city: string;
  latitude: number;
  longitude: number;
  network_zone: string;
}

const place = (
  id: number,
  name: string,
  description: string,
  city: string,
  country: string,
  at: [number, number],
  zone: string,
): Location => ({
  id,
  name,
  description,
  country,
  city,
  latitude: at[0],
  longitude: at[1],
  network_zone: zone,
});

export const locations: readonly Location[] = [
  place(1, "fsn1", "Falkenstein DC Park 1", "Falkenstein", "DE", [50.47612, 12.370071], "eu-central"),
  place(2, "nbg1", "Nuremberg DC Park 1", "Nuremberg", "DE", [49.452102, 11.076665], "eu-central"),
  place(3, "hel1", "Helsinki DC Park 1", "Helsinki", "FI", [60.169855, 24.938379], "eu-central"),
  place(4, "ash", "Ashburn, VA", "Ashburn, VA", "US", [39.045821, -77.487073], "us-east"),
  place(5, "hil", "Hillsboro, OR", "Hillsboro, OR", "US", [45.54222, -122.951924], "us-west"),
  place(6, "sin", "Singapore", "Singapore", "SG", [1.283333, 103.833333], "ap-southeast"),
];

export function findLocation(idOrName: number | string): Location | undefined {
  return locations.find(({ id, name }) => name === idOrName || id === Number(idOrName));
}

/** @throws Error when there is no such location, which for a name taken from a record cannot be */
export function locationNamed(name: string): Location {
  const found = locations.find((location) => location.name === name);
  if (!found) throw new Error(`there is no location ${name}`);
  return found;
}
