import { describe, expect, it } from 'vitest'
import { namedClaims, readNamedClaims } from './claims.ts'
import { all, any, claim, owner, role, scope, tenant } from './rule.ts'

const rules = [any(owner('ownerId'), role('admin'), all(scope('x'), role('editor'))), tenant('orgId', 'org')]
const named = namedClaims(rules)

describe('claims that rules name', () => {
  it('are the values that a rule compares, or all values if documents contain them', () => {
    expect(named).toEqual(
      new Map<string, unknown>([
        ['roles', new Set(['admin', 'editor'])],
        ['org', 'all'],
      ]),
    )
    expect(namedClaims([claim('org', 'acme'), tenant('orgId', 'org'), claim('org', 'other')])).toEqual(
      new Map([['org', 'all']]),
    )
  })

  it.each<[string, object, object, object | undefined]>([
    [
      'under their own names',
      { roles: ['admin', 'guest'], org: 'acme' },
      {},
      { roles: ['admin'], org: ['acme'] },
    ],
    [
      'at a path',
      { realm_access: { roles: ['editor'] } },
      { roles: ['realm_access.roles'] },
      { roles: ['editor'] },
    ],
    [
      'under a name that looks like a path',
      { 'cognito:groups': ['admin'] },
      { roles: ['cognito:groups'] },
      { roles: ['admin'] },
    ],
    [
      'at several places together',
      { a: 'admin', b: ['editor'] },
      { roles: ['a', 'b'] },
      { roles: ['admin', 'editor'] },
    ],
    [
      'not under their own name where the issuer has another place',
      { roles: ['admin'] },
      { roles: ['groups'] },
      undefined,
    ],
    [
      'not from anything but texts',
      { roles: [1, null, { admin: true }, ''], org: { acme: true } },
      {},
      undefined,
    ],
    ['not from what every object has', {}, { roles: ['constructor.name', '__proto__'] }, undefined],
    ['not half a character', { org: '\ud800' }, {}, undefined],
  ])('are read %s', (_where, claims, places, expected) => {
    expect(
      readNamedClaims(claims as Record<string, unknown>, named, places as Record<string, readonly string[]>),
    ).toEqual(expected)
  })

  it('are bounded in number and length, because an assertion contains them', () => {
    const many = Array.from({ length: 40 }, (_, index) => `org-${index}`)
    expect(readNamedClaims({ org: many }, named, {})?.org).toHaveLength(16)
    const long = ['a'.repeat(1_000), 'b'.repeat(1_000)]
    expect(readNamedClaims({ org: long }, named, {})?.org).toEqual([long[0]])
  })
})
