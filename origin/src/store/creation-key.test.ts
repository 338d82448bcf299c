import { idPattern } from '@spillway/origin/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyedId, keyedItemId, requestFingerprint } from './creation-key.ts'
import type { CreationKey } from './repository.ts'

const key = (
  subject: string | undefined,
  key: string,
  version: CreationKey['version'] = 'v1',
): CreationKey => ({
  subject,
  version,
  key,
  request: '',
})

describe('ids derived from keys', () => {
  it('are UUIDs of version 8, and valid in a path', () => {
    for (const id of [keyedId('trips', key('alice', 'k')), keyedItemId('x', 7)]) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(id).toMatch(idPattern)
    }
  })

  /** A changed derivation would make every stored key look unused. */
  it('do not change from one release to the next', () => {
    expect(keyedId('trips', key('alice', 'k'))).toBe('7b5a5605-f817-837f-aeac-dfe629a63f2c')
  })

  it('differ if subject, resource, version or key differs, even if their concatenation is equal', () => {
    const part = fc.constantFrom('a', 'b', 'ab', '"', '","', 'null', '\\')
    const scope = fc.tuple(part, fc.option(part, { nil: undefined }), part, fc.constantFrom('v1', 'v2'))
    const idOf = ([resource, subject, name, version]: [string, string | undefined, string, string]) =>
      keyedId(resource, key(subject, name, version as CreationKey['version']))
    fc.assert(
      fc.property(scope, scope, (one, other) => {
        expect(idOf(one) === idOf(other)).toBe(one.every((value, index) => value === other[index]))
      }),
    )
  })

  it('differ for the items of a batch', () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => keyedItemId('batch', index))
    expect(new Set(ids).size).toBe(1_000)
  })
})

it('a fingerprint tells operations and bodies apart', () => {
  const all = [
    requestFingerprint('create', '{}'),
    requestFingerprint('batch', '{}'),
    requestFingerprint('create', '[]'),
  ]
  expect(new Set(all).size).toBe(3)
})
