import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Descriptor, type ImageConfig, type Index, type Manifest, mediaTypes } from './oci.ts'

/** A folder of blobs by their digests (image-layout.md). Programs such as skopeo and crane push it to a registry. */
export class Layout {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  path(digest: string): string {
    return join(this.folder, 'blobs', ...digest.split(':'))
  }

  async create(): Promise<void> {
    await mkdir(join(this.folder, 'blobs/sha256'), { recursive: true })
    await writeFile(join(this.folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  }

  async addFile(file: string, digest: string, mediaType: string): Promise<Descriptor> {
    await copyFile(file, this.path(digest))
    return { mediaType, digest, size: (await stat(file)).size }
  }

  async addDocument(document: object, mediaType: string): Promise<Descriptor> {
    const text = JSON.stringify(document)
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
    await writeFile(this.path(digest), text)
    return { mediaType, digest, size: Buffer.byteLength(text) }
  }

  async setIndex(manifests: readonly Descriptor[]): Promise<void> {
    const index: Index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests }
    await writeFile(join(this.folder, 'index.json'), JSON.stringify(index))
  }

  /** @throws {Error} when it is no layout, or a blob is not what its digest says */
  async image(architecture: string): Promise<{
    readonly descriptor: Descriptor
    readonly manifest: Manifest
    readonly config: ImageConfig
  }> {
    // The casts state the documents that media types promise; `read` has compared their digests.
    const top = JSON.parse(await readFile(join(this.folder, 'index.json'), 'utf8')) as Index
    let descriptor = this.#choose(top, architecture)
    while (descriptor.mediaType === mediaTypes.index) {
      descriptor = this.#choose((await this.#read(descriptor)) as Index, architecture)
    }
    const manifest = (await this.#read(descriptor)) as Manifest
    const config = (await this.#read(manifest.config)) as ImageConfig
    if (config.architecture !== architecture) {
      throw new Error(`${this.folder} is an image for ${config.architecture}, and not for ${architecture}`)
    }
    return { descriptor, manifest, config }
  }

  #choose({ manifests }: Index, architecture: string): Descriptor {
    const fitting = manifests.filter(
      ({ platform }) => platform === undefined || platform.architecture === architecture,
    )
    const [found, ...others] = fitting
    if (found === undefined) throw new Error(`${this.folder} has no image for ${architecture}`)
    if (others.length > 0) throw new Error(`${this.folder} has several images for ${architecture}`)
    return found
  }

  async #read({ digest }: Descriptor): Promise<unknown> {
    const bytes = await readFile(this.path(digest))
    const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if (found !== digest) throw new Error(`${this.path(digest)} has the digest ${found}`)
    return JSON.parse(bytes.toString('utf8'))
  }
}
