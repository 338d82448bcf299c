import { root } from '@spillway/origin/dev/folders'
import { expect, it } from 'vitest'
import { readFrom, sourceFiles, wrongImports } from './import-directions.ts'

const wrongIn = (file: string, text: string) => wrongImports([file], () => text)

it.each([
  ['origin/test/a.test.ts', "import { b } from '../../edge/dev/b.ts'"],
  ['origin/dev/a.ts', "import type { B } from '@spillway/edge/dev/b'"],
  ['edge/dev/a.ts', "import '@spillway/infra/local/b'"],
  ['infra/bin/a.ts', "await import('../../bench/b.ts')"],
  ['edge/src/app.ts', "export { b } from '../dev/b.ts'"],
  ['origin/contract/a.ts', "import { b } from '../test/fixture/b.ts'"],
  ['edge/src/a.ts', "import { b } from '../../origin/src/lib/b.ts'"],
  ['edge/application/a.ts', "import type { B } from '@spillway/origin/server'"],
])('names %s with %s', (file, text) => {
  expect(wrongIn(file, text)).toHaveLength(1)
})

it.each([
  ['bench/a.ts', "import { b } from '@spillway/infra/local/b'"],
  ['edge/test/a.test.ts', "import { b } from '../dev/b.ts'"],
  ['edge/src/a.ts', "import { b } from '@spillway/origin/contract'"],
  ['origin/src/a.test.ts', "import { b } from '../test/fixture/b.ts'"],
  ['origin/src/a.ts', "import { join } from 'node:path'"],
])('takes %s with %s', (file, text) => {
  expect(wrongIn(file, text)).toEqual([])
})

it('finds none in this repository, and sees imports between workspaces in it', () => {
  const files = sourceFiles(root)
  expect(files.filter((file) => readFrom(root)(file).includes("'@spillway/")).length).toBeGreaterThan(100)
  expect(wrongImports(files, readFrom(root))).toEqual([])
})
