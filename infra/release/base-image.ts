import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Layout } from './layout.ts'
import type { Architecture } from './node-runtime.ts'
import { ociArchitecture } from './oci.ts'

/** Image below those of releases, and the digest of its manifest for each architecture: a reviewed file. */
export const baseImageFile = join(import.meta.dirname, 'base-image.json')

interface BaseImage extends Readonly<Record<Architecture, string | null>> {
  readonly image: string
}

/** A base image that nobody has pinned, or another than the pinned one. */
export class BaseImageError extends Error {
  override readonly name = 'BaseImageError'
}

const read = (file: string): BaseImage => JSON.parse(readFileSync(file, 'utf8'))

/** Digest of the manifest in a layout, by which everything in the image is named. */
const digestIn = async (folder: string, architecture: Architecture): Promise<string> =>
  (await new Layout(folder).image(ociArchitecture[architecture])).descriptor.digest

/** @throws {BaseImageError} unless a layout has the pinned image */
export async function needPinnedBase(
  folder: string,
  architecture: Architecture,
  file = baseImageFile,
): Promise<void> {
  const { image, [architecture]: pinned } = read(file)
  const found = await digestIn(folder, architecture)
  if (pinned === null) {
    throw new BaseImageError(
      `no base image for ${architecture} is pinned: npm run release:base -- ${folder} --architecture ${architecture}`,
    )
  }
  if (found !== pinned) throw new BaseImageError(`${folder} has ${found}; ${pinned} of ${image} is pinned`)
}

/**
 * Pins the image in a layout.
 *
 * @returns its digest, to be compared with its publisher's
 */
export async function pinBase(
  folder: string,
  { image, architecture }: { readonly image: string | undefined; readonly architecture: Architecture },
  file = baseImageFile,
): Promise<string> {
  const before = read(file)
  const digest = await digestIn(folder, architecture)
  // Another image has other digests.
  const kept = image === undefined || image === before.image ? before : { image, arm64: null, x64: null }
  writeFileSync(file, `${JSON.stringify({ ...kept, [architecture]: digest }, undefined, 2)}\n`)
  return digest
}
