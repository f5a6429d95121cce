// IPv4 networks as people type them.

/** A network: its first address as a number, and the length of its prefix. */
export interface Network {
  first: number;
  prefix: number;
}

/** The network that is written, or `null` when it is none. */
export function parseNetwork(text: string): Network | null {
  const [, address, digits] = /^(\d+\.\d+\.\d+\.\d+)\/(\d{1,2})$/.exec(text) ?? [];
  const first = address === undefined ? null : parseAddress(address);
  const prefix = Number(digits);
  return first === null || prefix > 32 ? null : { first, prefix };
}

/** The address that is written, as a number, or `null` when it is none. */
export function parseAddress(text: string): number | null {
  const parts = text.split(".");
  const numbers = parts.map(Number);
  const sound = parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part)) && numbers.every((n) => n <= 255);
  return parts.length === 4 && sound ? numbers.reduce((all, part) => all * 256 + part, 0) : null;
}

export function writeNetwork({ first, prefix }: Network): string {
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${parts.join(".")}/${prefix}`;
}

/** The network without the bits behind its prefix. */
export function truncated({ first, prefix }: Network): Network {
  return { first: first - (first % size(prefix)), prefix };
}

/** Whether two networks have addresses in common. */
export function overlap(one: Network, other: Network): boolean {
  return one.first < other.first + size(other.prefix) && other.first < one.first + size(one.prefix);
}

/** Whether all of a network is private by RFC 1918. */
export function isPrivate(network: Network): boolean {
  return PRIVATE.some((one) => one.prefix <= network.prefix && overlap(one, network));
}

/** What is wrong with a network that a deployment is to have, by the server's own rules; `null` when nothing is. */
export function deploymentProblem(text: string): string | null {
  const network = parseNetwork(text);
  if (!network) return "Enter an IPv4 network, such as 10.0.0.0/24.";
  const whole = truncated(network);
  if (whole.first !== network.first) {
    return `This has bits set behind its prefix; the network is ${writeNetwork(whole)}.`;
  }
  if (network.prefix < 16 || network.prefix > 24) {
    return `Enter a network from /16 to /24; this is a /${network.prefix}.`;
  }
  if (!isPrivate(network)) {
    return "Enter a private network: within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.";
  }
  return null;
}

/** The first /24 of 10.0.0.0/8 that overlaps with none of these; `null` when there is none. */
export function freeNetwork(taken: string[]): string | null {
  const networks = taken.map(parseNetwork).filter((one) => one !== null);
  for (let at = 0; at < 2 ** 16; at++) {
    const candidate = { first: 10 * 2 ** 24 + at * 256, prefix: 24 };
    if (!networks.some((one) => overlap(one, candidate))) return writeNetwork(candidate);
  }
  return null;
}

const size = (prefix: number) => 2 ** (32 - prefix);
const PRIVATE: Network[] = [
  { first: 10 * 2 ** 24, prefix: 8 },
  { first: (172 * 256 + 16) * 2 ** 16, prefix: 12 },
  { first: (192 * 256 + 168) * 2 ** 16, prefix: 16 },
];
