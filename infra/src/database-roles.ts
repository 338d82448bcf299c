/** Roles of the origin's database user. With the second it sees how far the build of an index is. */
export const roles = [
  { role: 'readWrite', db: 'spillway' },
  { role: 'clusterMonitor', db: 'admin' },
]
