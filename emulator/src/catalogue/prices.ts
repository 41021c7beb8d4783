// Prices in euros, net, as seen in autumn 2026 by third parties. They have the API's shape and a plausible size, no more: never quote them.

export interface Price {
  net: string;
  gross: string;
}

export const VAT_RATE = "19.00";
export const VOLUME_GB_MONTH = 0.0572;
export const IMAGE_GB_MONTH = 0.0143;
export const PRIMARY_IPV4_MONTH = 0.5;
export const FLOATING_IP_MONTH = { ipv4: 3, ipv6: 1 };
/** Of the server's price. */
export const BACKUP_PERCENTAGE = "20.0000000000";
/** Beyond what is included. */
const TRAFFIC_TB = 1;
const HOURS_PER_MONTH = 624;

const price = (net: number): Price => ({ net: net.toFixed(10), gross: (net * 1.19).toFixed(10) });

export const monthly = (net: number): Price => price(net);
export const hourly = (netPerMonth: number): Price => price(netPerMonth / HOURS_PER_MONTH);

export interface ServerTypePrice {
  location: string;
  price_hourly: Price;
  price_monthly: Price;
  included_traffic: number;
  price_per_tb_traffic: Price;
}

export function serverTypePrice(location: string, netPerMonth: number): ServerTypePrice {
  return {
    location,
    price_hourly: hourly(netPerMonth),
    price_monthly: monthly(netPerMonth),
    included_traffic: 20 * 2 ** 40,
    price_per_tb_traffic: price(TRAFFIC_TB),
  };
}
