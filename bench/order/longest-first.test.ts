import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@spillway/origin/dev/folders'
import { expect, it } from 'vitest'
import { longest, longestFirst, type Ordered } from './longest-first.ts'

it('names files that exist, each once', () => {
  expect(longest.filter((file) => !existsSync(join(root, file)))).toEqual([])
  expect(new Set(longest).size).toBe(longest.length)
})

it('moves the longest of each project to its front, and changes no other order', () => {
  const [first = '', second = ''] = longest
  const items: readonly Ordered[] = [
    ...['b', second, 'a', first].map((file) => ({ project: 'one', file })),
    ...['d', 'c'].map((file) => ({ project: 'other', file })),
  ]
  const files = longestFirst(items, (item) => item).map(({ file }) => file)
  expect(files).toEqual([first, second, 'b', 'a', 'd', 'c'])
})
