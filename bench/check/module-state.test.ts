import { root } from '@spillway/origin/dev/folders'
import { expect, it } from 'vitest'
import { readFrom, sourceFiles } from './import-directions.ts'
import { moduleState } from './module-state.ts'

const foundIn = (text: string, file = 'edge/src/a.ts') => moduleState([file], () => text)

it.each([
  ['let', 'let last = 0'],
  ['an exported let', 'export let last = 0'],
  ['an empty map', 'const known = new Map<string, readonly string[]>()'],
  ['an empty set', 'export const told = new Set()'],
  ['an empty array', 'const idle: string[] = []'],
])('names %s', (_, text) => {
  expect(foundIn(`import { a } from './b.ts'\n${text}`)).toEqual(['edge/src/a.ts:2'])
})

it.each([
  ['a constant', 'const limit = 5'],
  ['a filled set', "const codes = new Set(['a'])"],
  ['an empty set that is readonly', 'const none: ReadonlySet<string> = new Set()'],
  ['an empty list that is readonly', 'const none: readonly string[] = []'],
  ['what is computed from a key', 'const views = new WeakMap<object, string>()'],
  ['a variable of a function', 'function a() {\n  let last = 0\n  return last\n}'],
])('takes %s', (_, text) => {
  expect(foundIn(text)).toEqual([])
})

it('takes state of a program and of a test', () => {
  expect(foundIn('let last = 0', 'bench/main.ts')).toEqual([])
  expect(foundIn('let last = 0', 'edge/src/a.test.ts')).toEqual([])
})

it('finds none in this repository', () => {
  expect(moduleState(sourceFiles(root), readFrom(root))).toEqual([])
})
