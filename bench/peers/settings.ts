/** What every peer is told by its environment. */
export interface PeerSettings {
  readonly uri: string
  readonly database: string
  readonly poolSize: number
}

/** Names of the variables, and the line by which a peer says that it listens. */
export const peerEnv = { uri: 'MONGODB_URI', database: 'MONGODB_DATABASE', poolSize: 'POOL_SIZE' } as const
export const listeningLine = (port: number): string => `listening on ${port}`
export const portOfLine = (line: string): number | undefined => {
  const match = /^listening on (\d+)$/.exec(line)
  return match === null ? undefined : Number(match[1])
}

export function peerSettings(): PeerSettings {
  const get = (name: string): string => {
    const value = process.env[name]
    if (!value) throw new Error(`${name} is not set`)
    return value
  }
  return {
    uri: get(peerEnv.uri),
    database: get(peerEnv.database),
    poolSize: Number(get(peerEnv.poolSize)),
  }
}
