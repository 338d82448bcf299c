import { root } from '@spillway/origin/dev/folders'
import { expect, it } from 'vitest'
import { folderCycles } from './folder-cycles.ts'
import { readFrom, sourceFiles } from './import-directions.ts'

const cyclesIn = (texts: Readonly<Record<string, string>>) =>
  folderCycles(Object.keys(texts), (file) => texts[file] ?? '')

it('names a cycle through three folders, types included', () => {
  expect(
    cyclesIn({
      'edge/src/auth/a.ts': "import { b } from '../http/b.ts'",
      'edge/src/http/b.ts': "import type { C } from '../observe/c.ts'",
      'edge/src/observe/c.ts': "export { a } from '../auth/a.ts'",
    }),
  ).toEqual(['edge/src: auth → http → observe → auth'])
})

it('lets a folder import its own files, a test anything, and two folders a third', () => {
  expect(
    cyclesIn({
      'origin/src/http/a.ts': "import { b } from './b.ts'\nimport { c } from '../lib/c.ts'",
      'origin/src/http/b.ts': '',
      'origin/src/store/d.ts': "import { c } from '../lib/c.ts'",
      'origin/src/lib/c.test.ts': "import { a } from '../http/a.ts'",
    }),
  ).toEqual([])
})

it('finds none in this repository, and finds its folders', () => {
  const files = sourceFiles(root)
  for (const folder of ['origin/src/overload/', 'edge/src/overload/', 'infra/runbook/', 'bench/load/']) {
    expect(files.some((file) => file.startsWith(folder))).toBe(true)
  }
  expect(folderCycles(files, readFrom(root))).toEqual([])
})
