import { rm } from 'node:fs/promises'
import { originEnv, ports } from '@spillway/origin/contract'
import { unitDirective } from '../src/instance-files.ts'
import { digestOf } from './archive.ts'
import { Layout } from './layout.ts'
import type { Architecture } from './node-runtime.ts'
import { type ImageConfig, type Manifest, mediaTypes, ociArchitecture } from './oci.ts'
import type { Packed } from './pack.ts'

export interface ImageOptions extends Packed {
  readonly architecture: Architecture
  /**
   * Folder of an image layout below the release, for the C library that Node needs: `skopeo copy
   * docker://gcr.io/distroless/cc-debian12@sha256:… oci:FOLDER`. @default none: such an image needs one to run
   */
  readonly base?: string | undefined
}

/** Runs as a user without a name: nothing in the image is written to. */
const user = '65532:65532'

/**
 * Writes a release as an OCI image layout. Its own layer is the archive itself, bit by bit, so an image runs what an
 * instance runs, and the digest that is signed is that of the layer.
 */
export async function writeImage(
  folder: string,
  options: ImageOptions,
): Promise<{ readonly folder: string; readonly digest: string }> {
  const { name, commit, committedAt, archive, base } = options
  const architecture = ociArchitecture[options.architecture]
  const layout = new Layout(folder)
  await rm(folder, { recursive: true, force: true })
  await layout.create()
  const below = base === undefined ? undefined : await copyBase(new Layout(base), layout, architecture)
  const layer = await layout.addFile(archive.file, `sha256:${archive.digest}`, mediaTypes.layer)
  const created = committedAt.toISOString()
  const config: ImageConfig = {
    created,
    architecture,
    os: 'linux',
    config: {
      User: user,
      ExposedPorts: { [`${ports.origin}/tcp`]: {} },
      Env: [
        ...(below?.config.config.Env ?? []).filter((line) => !line.startsWith('PATH=')),
        'PATH=/runtime:/usr/local/bin:/usr/bin:/bin',
        'NODE_ENV=production',
        `${originEnv.host}=0.0.0.0`,
      ],
      Entrypoint: command(),
      WorkingDir: '/origin',
      StopSignal: 'SIGTERM',
      Labels: { 'org.opencontainers.image.revision': commit, 'org.opencontainers.image.version': name },
    },
    rootfs: {
      type: 'layers',
      diff_ids: [...(below?.config.rootfs.diff_ids ?? []), `sha256:${archive.contentDigest}`],
    },
    history: [...(below?.config.history ?? []), { created, created_by: 'npm run release' }],
  }
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await layout.addDocument(config, mediaTypes.config),
    layers: [...(below?.manifest.layers ?? []), layer],
    annotations: {
      'org.opencontainers.image.created': created,
      'org.opencontainers.image.revision': commit,
      'org.opencontainers.image.version': name,
      ...(below !== undefined && { 'org.opencontainers.image.base.digest': below.descriptor.digest }),
    },
  }
  const descriptor = await layout.addDocument(manifest, mediaTypes.manifest)
  await layout.setIndex([{ ...descriptor, platform: { os: 'linux', architecture } }])
  return { folder, digest: descriptor.digest }
}

/** The command of the instance's unit, at the image's paths. */
const command = (): readonly string[] =>
  unitDirective('spillway-origin.service', 'ExecStart').replace('/opt/spillway/current', '').split(' ')

/** @throws {Error} when a layer is not what its digest says */
async function copyBase(base: Layout, layout: Layout, architecture: string) {
  const image = await base.image(architecture)
  for (const { digest, mediaType } of image.manifest.layers) {
    const found = `sha256:${await digestOf(base.path(digest))}`
    if (found !== digest) throw new Error(`${base.path(digest)} has the digest ${found}`)
    await layout.addFile(base.path(digest), digest, mediaType)
  }
  return image
}
