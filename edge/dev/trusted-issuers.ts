import { edgeEnv } from '@spillway/origin/contract'
import { readIssuers } from '../src/config/token-issuers.ts'
import { type Issuer, trustedIssuer } from './issuer.ts'

/** An item of TOKEN_ISSUERS, as it would be configured in production. */
export type OwnIssuer = Readonly<Record<string, unknown>>

/**
 * Issuers that a developer's machine trusts beside the development issuer, from the variable TOKEN_ISSUERS.
 *
 * @throws Error with every mistake
 */
export function ownIssuers(text: string | undefined): readonly OwnIssuer[] {
  if (text === undefined || text === '') return []
  const mistakes: string[] = []
  readIssuers(text, mistakes)
  if (mistakes.length > 0) throw new Error(`${edgeEnv.tokenIssuers}:\n${mistakes.join('\n')}`)
  const listed: readonly OwnIssuer[] = JSON.parse(text)
  // A single issuer needs no namespace: its users have the same subjects as in production.
  return listed.length === 1 ? listed.map((item) => ({ namespace: '', ...item })) : listed
}

/** Own issuers and the development issuer. Beside others it gets a namespace, because it signs any subject. */
export const trustedIssuers = (development: Issuer, own: readonly OwnIssuer[]): readonly unknown[] =>
  own.length === 0
    ? [trustedIssuer(development)]
    : [...own, { ...trustedIssuer(development), namespace: 'development' }]
