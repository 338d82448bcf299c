import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { limits } from '@spillway/origin/contract'
import { describe, expect, test } from 'vitest'
import { allParsers } from './all-parsers.ts'
import { largestGood, refuse, refused, take } from './bodies.ts'
import { worstLength } from './parser.ts'

const root = join(import.meta.dirname, '../..')
const policy = 'edge/src/cache/policy'

/** Files that read no text from outside, or only pass it on to a parser in another file. */
const withoutParser = new Set([
  'answer-policy.ts',
  'cache-status.ts',
  'early-refresh.ts',
  'ends-stored.ts',
  'freshness.ts',
  'invalidation.ts',
  'not-modified.ts',
  'reuse.ts',
  'rules.ts',
  'status.ts',
  'storability.ts',
])

test('every parser of the cache is among those that are measured', () => {
  const files = readdirSync(join(root, policy)).filter((file) => /^[^.]+\.ts$/.test(file))
  const measured = new Set(allParsers.map(({ file }) => file))
  expect(files.filter((file) => !withoutParser.has(file) && !measured.has(`${policy}/${file}`))).toEqual([])
})

test('names are different, and files exist', () => {
  expect(new Set(allParsers.map(({ name }) => name)).size).toBe(allParsers.length)
  for (const { file } of allParsers) expect(readFileSync(join(root, file)).length).toBeGreaterThan(0)
})

test('the good body is taken whole, at the largest size; every other one is as large and refused', () => {
  expect(take(largestGood)).toBe(100)
  expect(largestGood.length).toBeGreaterThan(limits.bodyBytesMax * 0.95)
  expect(largestGood.length).toBeLessThanOrEqual(limits.bodyBytesMax)
  for (const [name, body] of Object.entries(refused)) {
    expect([name, refuse(body).length]).not.toEqual([name, 0])
    expect(body.length).toBeGreaterThan(limits.bodyBytesMax * 0.8)
    expect(body.length).toBeLessThanOrEqual(limits.bodyBytesMax)
  }
})

describe.each(allParsers)('$name', ({ parse, worst }) => {
  test('takes its worst inputs, all of them long', () => {
    expect(worst.length).toBeGreaterThan(0)
    for (const input of worst) {
      expect(input.length).toBeGreaterThanOrEqual(worstLength / 2)
      expect(() => parse(input)).not.toThrow()
    }
  })
})
