import { BlockList, isIP } from 'node:net'

/**
 * Addresses to which webhooks are sent: public ones. A receiver names a host, and could otherwise have this server send
 * requests to machines that only it can reach (server-side request forgery). Refused is what the IANA registries of
 * special-purpose addresses do not call globally reachable; of IPv6, everything but global unicast (2000::/3).
 */
const privateRanges = blockList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::1', 128],
  ['fc00::', 7],
])

/** Refused also where private addresses are allowed: metadata of the cloud machine is among them. */
const neverRanges = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  // Metadata of machines at Amazon (fd00:ec2::/32 lies within fc00::/7) and Alibaba (100.100.100.200).
  ['fd00:ec2::', 32],
  ['100.100.100.200', 32],
])
const globalUnicast = blockList([['2000::', 3]])
/** Within global unicast: Teredo, benchmarks, documentation, and 6to4, which contains an IPv4 address. */
const notGlobal = blockList([
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
])

/** Addresses of a rule: those of IPv4 include their IPv4-mapped form (`::ffff:10.0.0.1`). */
function blockList(ranges: readonly (readonly [net: string, prefix: number])[]): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of ranges) list.addSubnet(net, prefix, isIP(net) === 6 ? 'ipv6' : 'ipv4')
  return list
}

/** @param allowsPrivate whether loopback and private networks are allowed */
export function isAllowedAddress(address: string, allowsPrivate: boolean): boolean {
  const family = isIP(address)
  if (family === 0) return false
  const kind = family === 6 ? 'ipv6' : 'ipv4'
  if (neverRanges.check(address, kind)) return false
  if (privateRanges.check(address, kind)) return allowsPrivate
  if (family === 4 || isMapped(address)) return true
  return globalUnicast.check(address, 'ipv6') && !notGlobal.check(address, 'ipv6')
}

const mapped = blockList([['::ffff:0:0', 96]])
const isMapped = (address: string): boolean => mapped.check(address, 'ipv6')
