/** Threshold alarms whose metrics the simulator has. A new alarm belongs here, or into the other list. */
export const replayed: readonly string[] = [
  'OriginErrors',
  'OriginSlow',
  'OriginUnready',
  'SignalsSilent',
  'Shedding',
  'FleetAtMaximum',
  'FleetTooSmall',
  'DatabaseConnections',
  'DatabaseBusy',
  'TunnelSilent',
  'TargetsUnreached',
]

/** The same of runs with the tunnel, of which all tunnels carry the same share. */
export const replayedOfTunnels: readonly string[] = ['Thin', 'Errors', 'Busy'].flatMap((what) =>
  [1, 2].map((number) => `Tunnel${number}${what}`),
)

const twoReleases = 'no two releases serve side by side; release.test.ts evaluates the expression'
const databaseParts = 'the database is its primary’s processors alone'
const machines = 'an instance is its processes alone'
const edgeCounts = 'the edge’s counts are there without a function that copies them'

/** Threshold alarms that are not replayed, and the reason. */
export const notReplayed: Readonly<Record<string, string>> = {
  ReleaseErrors: twoReleases,
  ReleaseSlow: twoReleases,
  DatabaseMemory: databaseParts,
  DatabaseCursors: databaseParts,
  DatabaseMemoryLow: databaseParts,
  DatabaseDisk: databaseParts,
  ReplicaLag: databaseParts,
  OriginMemory: machines,
  OriginDisk: machines,
  BalancerRefuses: 'the balancer has no limit of connections',
  CertificateExpires: 'no certificate expires within days',
  EdgeCountsSilent: edgeCounts,
  EdgeUncounted: edgeCounts,
}
