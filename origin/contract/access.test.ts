import { describe, expect, it } from 'vitest'
import {
  type AccessRule,
  all,
  anyone,
  decideAccess,
  isPublic,
  owner,
  ownerField,
  scope,
  scopesOf,
  signedIn,
} from './access.ts'

const alice = { subject: 'alice', scopes: ['trips:write'] }

describe('decideAccess', () => {
  const table: [string, AccessRule, typeof alice | undefined, string][] = [
    ['anyone, without a token', anyone, undefined, 'allowed'],
    ['signedIn, without a token', signedIn, undefined, 'unauthenticated'],
    ['signedIn, with one', signedIn, alice, 'allowed'],
    ['scope, without a token', scope('trips:write'), undefined, 'unauthenticated'],
    ['scope that the token has', scope('trips:write'), alice, 'allowed'],
    ['scope that the token lacks', scope('trips:admin'), alice, 'insufficientScope'],
    ['scope that is a prefix of one it has', scope('trips'), alice, 'insufficientScope'],
    ['owner, without a token', owner('ownerId'), undefined, 'unauthenticated'],
    ['owner, with one', owner('ownerId'), alice, 'allowed'],
    ['all, where one part fails', all(signedIn, scope('trips:admin')), alice, 'insufficientScope'],
    ['all, where every part holds', all(owner('ownerId'), scope('trips:write')), alice, 'allowed'],
    ['all of nothing beyond anyone', all(anyone), undefined, 'allowed'],
  ]
  it.each(table)('%s', (_name, rule, principal, outcome) => {
    expect(decideAccess(rule, principal).outcome).toBe(outcome)
  })
})

it('finds an owner and scopes inside all()', () => {
  const rule = all(scope('a'), all(owner('ownerId'), scope('b')))
  expect(ownerField(rule)).toBe('ownerId')
  expect(scopesOf(rule)).toEqual(['a', 'b'])
  expect(isPublic(rule)).toBe(false)
})
