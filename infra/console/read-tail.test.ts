import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readTail } from './read-tail.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-tail-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('reads whole lines from the end of a file', async () => {
  const file = join(folder, 'a.log')
  await writeFile(file, 'one\ntwo\nthree\n')
  expect(await readTail(file, 1_000)).toBe('one\ntwo\nthree\n')
  expect(await readTail(file, 8)).toBe('three\n')
})

it('reads nothing where there is no file', async () => {
  expect(await readTail(join(folder, 'none.log'), 1_000)).toBe('')
})
