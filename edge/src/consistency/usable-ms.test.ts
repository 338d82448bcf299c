import type { Catalogue } from '@spillway/origin/contract'
import { notices } from '@spillway/origin/example/notices'
import { expect, it } from 'vitest'
import { usableMs } from './usable-ms.ts'

type Resource = NonNullable<ReturnType<Catalogue['get']>>

const usable = (cache: Resource['cache'], from: 'primary' | 'reader') =>
  usableMs(
    new Map([
      [
        'notices',
        {
          ...notices,
          cache,
          export: { formats: ['csv'], access: notices.access.read, timeoutMs: 1_000, from },
        },
      ],
    ]),
    'notices',
  )
const stored = {
  kind: 'stored',
  visibility: 'public',
  maxAgeSeconds: 300,
  staleWhileRevalidateSeconds: 10,
  staleIfErrorSeconds: 40,
  listsBy: [],
} as const

it('a write is never lacking where nothing is stored and exports come from the primary', () => {
  expect(usable({ kind: 'none' }, 'primary')).toBe(0)
})

it('a write may be lacking from an export for as long as a reader may lag', () => {
  expect(usable({ kind: 'none' }, 'reader')).toBe(60_000)
})

it('a write may be lacking for as long as an answer is stored, where that is longer', () => {
  expect(usable(stored, 'reader')).toBe(340_000)
})
