import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { watchSources } from './source-watch.ts'

let folder: string
let ending: AbortController

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-sources-'))
  ending = new AbortController()
  await mkdir(join(folder, 'one/deep'), { recursive: true })
  await mkdir(join(folder, 'two'))
  await writeFile(join(folder, 'one/deep/file.ts'), 'a')
})

afterEach(async () => {
  ending.abort()
  await rm(folder, { recursive: true })
})

const watching = () => watchSources([join(folder, 'two'), join(folder, 'one')], ending.signal)

it('sees a file written during a wait', async () => {
  const sources = watching()
  const known = await sources.state()
  const changed = sources.changedFrom(known)
  await writeFile(join(folder, 'one/deep/file.ts'), 'b')
  expect(await changed).not.toBe(known)
})

it('sees a file written before the wait', async () => {
  const sources = watching()
  const known = await sources.state()
  await writeFile(join(folder, 'two/new.ts'), '')
  expect(await sources.changedFrom(known)).not.toBe(known)
})

it('ignores tests', async () => {
  const sources = watching()
  const known = await sources.state()
  await writeFile(join(folder, 'one/file.test.ts'), '')
  expect(await sources.state()).toBe(known)
})

it('ends with the signal', async () => {
  const sources = watching()
  const changed = sources.changedFrom(await sources.state())
  ending.abort()
  await expect(changed).rejects.toThrow(/abort/i)
})
