import { root } from '@spillway/origin/dev/folders'
import { expect, it } from 'vitest'
import { unexplainedCasts } from './casts.ts'
import { readFrom, sourceFiles } from './import-directions.ts'

const file = 'origin/src/a.ts'
const foundIn = (text: string) => unexplainedCasts([file], () => text)

it.each([
  ['as', 'const a = b as string'],
  ['as, twice', 'const a = b as unknown as string'],
  ['an angle bracket', 'const a = <string>b'],
  ['! after a value', 'const a = b!.c'],
  ['! after a variable', 'let a!: string'],
  ['! after a field', 'class A { a!: string }'],
  ['a comment without the word', '// It is text.\nconst a = b as string'],
  ['a comment after it', 'const a = b as string\n// The cast is safe.'],
  ['a comment above another statement', '// The cast is safe.\nconst a = 1\nconst c = b as string'],
  ['a comment on the cast before', 'function a() {\n  // The cast is safe.\n  b(c as D)\n  b(e as D)\n}'],
])('names a cast with %s', (_, text) => {
  expect(foundIn(text)).toEqual([
    `${file}:${text.split('\n').findLastIndex((line) => /as |!|</.test(line)) + 1}`,
  ])
})

it.each([
  ['const', 'const a = [1] as const'],
  ['a renamed import', "import { a as b } from './b.ts'"],
  ['a comment above', '// The cast is safe: it is text.\nconst a = b as string'],
  ['a comment of two lines', '// The cast is safe:\n// it is text.\nconst a = b as string'],
  [
    'a comment above its function',
    '/** The casts are safe. */\nfunction a() {\n  const c = 1\n  return c as D\n}',
  ],
  ['a comment on its casts', 'function a() {\n  // The casts are safe.\n  b(c as D)\n  b(e as D)\n}'],
  ['a comment within its statement', 'const a = f(\n  // The cast is safe.\n  b as string,\n)'],
  ['a comment above its field', 'class A {\n  /** The cast: set at the start. */\n  a!: string\n}'],
])('takes %s', (_, text) => {
  expect(foundIn(text)).toEqual([])
})

it('takes a cast in a test', () => {
  expect(unexplainedCasts(['origin/src/a.test.ts', 'edge/test/a.ts'], () => 'a as B')).toEqual([])
})

it('finds none in this repository, and sees its casts', () => {
  const files = sourceFiles(root)
  expect(unexplainedCasts(files, readFrom(root))).toEqual([])
  const withoutWord = (name: string) => readFrom(root)(name).replaceAll(/\bcasts?\b/gi, 'it')
  expect(unexplainedCasts(files, withoutWord).length).toBeGreaterThan(100)
})
