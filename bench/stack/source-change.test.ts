import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sourceChange } from './source-change.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-sources-'))
  await mkdir(join(folder, 'one/deep'), { recursive: true })
  await mkdir(join(folder, 'two'))
})

afterAll(() => rm(folder, { recursive: true }))

const folders = () => [join(folder, 'two'), join(folder, 'one')]

it('resolves when a file below one of the folders is written', async () => {
  const changed = sourceChange(folders(), new AbortController().signal)
  let count = 0
  // The watch begins a moment after it was asked for.
  const writing = setInterval(() => void writeFile(join(folder, 'one/deep/file.ts'), String(count++)), 50)
  await changed
  clearInterval(writing)
})

it('ends with the signal', async () => {
  const ending = new AbortController()
  const changed = sourceChange(folders(), ending.signal)
  ending.abort()
  await expect(changed).rejects.toThrow(/abort/i)
})
