import { expect, test } from 'vitest'
import { forwardStatus, hitStatus } from './cache-status.ts'

test('says what the cache did (RFC 9211 §2)', () => {
  expect(hitStatus('Spillway', 30)).toBe('Spillway; hit; ttl=30')
  expect(hitStatus('Spillway', -3, 'stale-while-revalidate')).toBe(
    'Spillway; hit; ttl=-3; detail=stale-while-revalidate',
  )
  expect(forwardStatus('Spillway', { reason: 'miss', status: 200, stored: true, collapsed: true })).toBe(
    'Spillway; fwd=miss; fwd-status=200; stored; collapsed',
  )
})
