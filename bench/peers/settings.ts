import { type KnownIssuer, tokenCheck } from './token-check.ts'

/** Settings that every peer reads from its environment. */
export interface PeerSettings {
  readonly uri: string
  readonly database: string
  readonly poolSize: number
  /** Issuer of the tokens that are checked; without one, callers are anonymous. */
  readonly issuer: KnownIssuer | undefined
}

/** Names of the variables, and the line by which a peer says that it listens. */
export const peerEnv = {
  uri: 'MONGODB_URI',
  database: 'MONGODB_DATABASE',
  poolSize: 'POOL_SIZE',
  issuer: 'ISSUER',
} as const
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
    issuer: process.env[peerEnv.issuer] === undefined ? undefined : JSON.parse(get(peerEnv.issuer)),
  }
}

/**
 * Subject of a valid token; `undefined` leads to 401. Every peer asks for it first. Each token is checked as in jose's
 * manual.
 */
export function subjectCheck({
  issuer,
}: PeerSettings): (authorization: string | undefined) => Promise<string | undefined> {
  return issuer === undefined ? async () => 'somebody' : tokenCheck(issuer)
}
