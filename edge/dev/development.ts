import { join } from 'node:path'
import { ports } from '@spillway/origin/contract'
import { localFolder } from '@spillway/origin/dev/folders'
import { assertionAlgorithm, keptKey, type PrivateJwk } from './keys.ts'

/** Ports and keys shared by `npm start` and `npm run token`; keys are kept under `.spillway/keys`. */

const keyFile = (name: string) => join(localFolder, 'keys', `${name}.json`)

export const issuerKeys = async (): Promise<[PrivateJwk, PrivateJwk]> => [
  await keptKey(keyFile('issuer-es256'), 'ES256'),
  await keptKey(keyFile('issuer-eddsa'), 'EdDSA'),
]

export const assertionKey = (): Promise<PrivateJwk> => keptKey(keyFile('edge-assertion'), assertionAlgorithm)

export interface DevelopmentPorts {
  readonly edge: number
  readonly origin: number
  readonly issuer: number
}

export const portVariables = { edge: 'EDGE_PORT', origin: 'ORIGIN_PORT', issuer: 'ISSUER_PORT' } as const

/** @throws Error that names each variable that is no port number or repeats another one's port */
export function developmentPorts(env: NodeJS.ProcessEnv): DevelopmentPorts {
  const wrong: string[] = []
  const read = (tier: keyof DevelopmentPorts) => {
    const text = env[portVariables[tier]]
    if (text === undefined || text === '') return ports[tier]
    const port = Number(text)
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port
    wrong.push(`${portVariables[tier]}=${text} is not a port number (1 to 65535)`)
    return 0
  }
  const chosen = { edge: read('edge'), origin: read('origin'), issuer: read('issuer') }
  // The cast is safe: the object has only these keys.
  const tiers = Object.keys(portVariables) as (keyof DevelopmentPorts)[]
  for (const [index, tier] of tiers.entries()) {
    const other = tiers.slice(0, index).find((before) => chosen[before] === chosen[tier] && chosen[tier] > 0)
    if (other === undefined) continue
    wrong.push(
      `Port ${chosen[tier]} is to be both ${other}'s and ${tier}'s: set ${portVariables[tier]} to another one`,
    )
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return chosen
}
