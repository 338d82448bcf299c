import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { packFolder } from './archive.ts'
import { needPinnedBase, pinBase } from './base-image.ts'
import { writeImage } from './image.ts'

let scratch: string
let file: string
let base: string
let other: string
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'spillway-base-'))
  file = join(scratch, 'base-image.json')
  base = await layout('base')
  other = await layout('other')
})
beforeEach(() => writeFileSync(file, '{"image":"registry.example/base","arm64":null,"x64":null}'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

async function layout(name: string): Promise<string> {
  const content = join(scratch, name)
  const committedAt = new Date('2026-11-30T00:00:00Z')
  mkdirSync(content)
  writeFileSync(join(content, 'libc.so.6'), name)
  const archive = await packFolder(content, join(scratch, `${name}.tar.gz`), committedAt)
  const image = { name, commit: '0'.repeat(40), committedAt, archive, architecture: 'arm64' as const }
  return (await writeImage(join(scratch, `${name}.oci`), image)).folder
}

it('is refused until it is pinned, with the command that pins it', async () => {
  await expect(needPinnedBase(base, 'arm64', file)).rejects.toThrow(`npm run release:base -- ${base}`)
  const digest = await pinBase(base, { image: undefined, architecture: 'arm64' }, file)
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  await expect(needPinnedBase(base, 'arm64', file)).resolves.toBeUndefined()
})

it('is refused when it is another one', async () => {
  const digest = await pinBase(base, { image: undefined, architecture: 'arm64' }, file)
  await expect(needPinnedBase(other, 'arm64', file)).rejects.toThrow(`${digest} of registry.example/base`)
})

it('forgets the digests of an image by another name', async () => {
  writeFileSync(file, `{"image":"registry.example/base","arm64":null,"x64":"sha256:${'a'.repeat(64)}"}`)
  await pinBase(other, { image: 'registry.example/other', architecture: 'arm64' }, file)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ image: 'registry.example/other', x64: null })
})
