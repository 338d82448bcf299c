import { root } from '@spillway/origin/dev/folders'
import { expect, it } from 'vitest'
import { readFrom, sourceFiles } from './import-directions.ts'
import { longFiles } from './long-files.ts'

const ofLines = (lines: number) => 'a()\n'.repeat(lines)

it('names a file of more than 400 lines', () => {
  expect(longFiles(['edge/src/a.ts'], () => ofLines(401))).toEqual(['edge/src/a.ts has 401 lines'])
})

it('takes a file of 400 lines, and a longer test', () => {
  expect(longFiles(['edge/src/a.ts'], () => ofLines(400))).toEqual([])
  expect(longFiles(['edge/src/a.test.ts', 'edge/test/a.ts'], () => ofLines(401))).toEqual([])
})

it('finds none in this repository', () => {
  expect(longFiles(sourceFiles(root), readFrom(root))).toEqual([])
})
