import { expect, it } from 'vitest'
import { derivedMac } from '../platform/derived-mac.ts'
import { ConsistencyTokens } from './consistency.ts'

it('a token of before a rotation is accepted until its key is dropped', () => {
  const [old, current] = ['old', 'new'].map((secret) => derivedMac(secret, 'test')) as [Mac, Mac]
  type Mac = ReturnType<typeof derivedMac>
  const tokens = (...macs: [Mac, ...Mac[]]) => new ConsistencyTokens(macs, () => 60_000)
  const write = { resource: 'trips', landedAtMs: 1_000 }
  const before = tokens(old).afterWrite('alice', new Map(), write, 1_000)
  const after = tokens(current, old).afterWrite('alice', new Map(), write, 1_000)
  expect([...tokens(current, old).check('alice', before.token).keys()]).toEqual(['trips'])
  expect(tokens(current).check('alice', before.token)).toEqual(new Map())
  // Signed with the first key: the second may be dropped as soon as its last token has expired.
  expect([...tokens(current).check('alice', after.token).keys()]).toEqual(['trips'])
})
