import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Archive, packFolder } from './archive.ts'
import { type ImageOptions, writeImage } from './image.ts'
import type { Descriptor, ImageConfig, Index, Manifest } from './oci.ts'

let scratch: string
let archive: Archive
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'spillway-image-'))
  archive = await packed('release', 'origin/src/main.ts')
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const committedAt = new Date('2026-11-30T00:00:00Z')
async function packed(name: string, file: string): Promise<Archive> {
  const folder = join(scratch, name)
  mkdirSync(join(folder, file, '..'), { recursive: true })
  writeFileSync(join(folder, file), `${name}\n`)
  return packFolder(folder, join(scratch, `${name}.tar.gz`), committedAt)
}

const options = (more: Partial<ImageOptions> = {}): ImageOptions => ({
  name: `0123456789ab-${archive.digest}`,
  commit: '0'.repeat(40),
  committedAt,
  archive,
  architecture: 'arm64',
  ...more,
})

/** A layout as the specification has it: every blob is what its name says, and every descriptor fits its blob. */
function read(folder: string) {
  const blob = ({ digest, size }: Descriptor): Buffer => {
    const bytes = readFileSync(join(folder, 'blobs', ...digest.split(':')))
    expect(bytes.length).toBe(size)
    return bytes
  }
  for (const name of readdirSync(join(folder, 'blobs/sha256'))) {
    const bytes = readFileSync(join(folder, 'blobs/sha256', name))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(name)
  }
  expect(JSON.parse(readFileSync(join(folder, 'oci-layout'), 'utf8'))).toEqual({
    imageLayoutVersion: '1.0.0',
  })
  // The casts state the documents that media types promise; what tests need of them is asserted.
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Index
  expect([index.schemaVersion, index.mediaType]).toEqual([2, 'application/vnd.oci.image.index.v1+json'])
  const [descriptor] = index.manifests as [Descriptor]
  expect(descriptor.mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
  const manifest = JSON.parse(blob(descriptor).toString()) as Manifest
  expect([manifest.schemaVersion, manifest.mediaType]).toEqual([2, descriptor.mediaType])
  expect(manifest.config.mediaType).toBe('application/vnd.oci.image.config.v1+json')
  const config = JSON.parse(blob(manifest.config).toString()) as ImageConfig
  const layers = manifest.layers.map((layer) => {
    expect(layer.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip')
    return blob(layer)
  })
  // diff_ids are the digests of the layers' tars, in the same order.
  expect(config.rootfs).toEqual({
    type: 'layers',
    diff_ids: layers.map((layer) => `sha256:${createHash('sha256').update(gunzipSync(layer)).digest('hex')}`),
  })
  expect(descriptor.platform).toEqual({ os: config.os, architecture: config.architecture })
  return { manifest, config, layers }
}

describe('an image', () => {
  it('is a valid layout whose layer is the archive, bit by bit', async () => {
    const { folder } = await writeImage(join(scratch, 'image'), options())
    const { layers, config } = read(folder)
    expect(layers).toHaveLength(1)
    expect(layers[0]?.equals(readFileSync(archive.file))).toBe(true)
    expect(config).toMatchObject({
      architecture: 'arm64',
      created: '2026-11-30T00:00:00.000Z',
      config: {
        User: '65532:65532',
        WorkingDir: '/origin',
        Entrypoint: ['/runtime/node', '--v8-pool-size=1', '--enable-source-maps', 'src/main.ts'],
        StopSignal: 'SIGTERM',
      },
    })
  })

  it('is the same when it is written again', async () => {
    const one = await writeImage(join(scratch, 'first'), options())
    const two = await writeImage(join(scratch, 'second'), options())
    expect(two.digest).toBe(one.digest)
    expect(statSync(join(two.folder, 'index.json')).size).toBe(statSync(join(one.folder, 'index.json')).size)
  })

  it('stands on the layers of its base, whose digests are checked', async () => {
    const below = await packed('base', 'lib/libc.so.6')
    const { folder: base, digest } = await writeImage(join(scratch, 'base.oci'), options({ archive: below }))
    const { folder } = await writeImage(join(scratch, 'above'), options({ base }))
    const { layers, manifest } = read(folder)
    expect(layers.map((layer) => layer.length)).toEqual([
      statSync(below.file).size,
      statSync(archive.file).size,
    ])
    expect(manifest.annotations).toMatchObject({ 'org.opencontainers.image.base.digest': digest })

    await expect(writeImage(join(scratch, 'other'), options({ base, architecture: 'x64' }))).rejects.toThrow(
      'has no image for amd64',
    )
    writeFileSync(join(base, 'blobs/sha256', below.digest), 'another layer')
    await expect(writeImage(join(scratch, 'bad'), options({ base }))).rejects.toThrow('has the digest')
  })
})
