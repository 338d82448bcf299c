import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Pack, pack } from 'tar-stream'

/** An archive, with the digests by which it is known. */
export interface Archive {
  readonly file: string
  readonly bytes: number
  /** SHA-256 of the file, in hexadecimal digits. */
  readonly digest: string
  /** SHA-256 of the tar in it: the `diff_id` of a layer. Equal for equal content, whatever compresses it. */
  readonly contentDigest: string
}

/**
 * Packs a folder so that equal content makes an equal file: entries in the order of their names, one time, no owner, and
 * the two modes that matter. Readable by any user, whatever the umask and the owner here.
 *
 * Equal files need the same Node on the same architecture, because zlib compresses differently on others; the tar in
 * them is the same everywhere.
 *
 * @param modifiedAt time of every entry, in whole seconds
 */
export async function packFolder(folder: string, file: string, modifiedAt: Date): Promise<Archive> {
  const tar = pack()
  const contents = createHash('sha256')
  const whole = createHash('sha256')
  const writing = pipeline(tar, seenBy(contents), createGzip(), seenBy(whole), createWriteStream(file))
  // A failure of either ends the other.
  await Promise.all([writing, addAll(tar, folder, modifiedAt)])
  const { size } = await lstat(file)
  return { file, bytes: size, digest: whole.digest('hex'), contentDigest: contents.digest('hex') }
}

async function addAll(tar: Pack, folder: string, mtime: Date): Promise<void> {
  try {
    for (const path of await entriesOf(folder)) await add(tar, folder, path, mtime)
    tar.finalize()
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}

async function add(tar: Pack, folder: string, path: string, mtime: Date): Promise<void> {
  const file = join(folder, path)
  const stats = await lstat(file)
  const common = { name: path, mtime, uid: 0, gid: 0 }
  if (stats.isDirectory()) return entry(tar, { ...common, type: 'directory', mode: 0o755 })
  if (stats.isSymbolicLink()) {
    return entry(tar, { ...common, type: 'symlink', mode: 0o777, linkname: await readlink(file) })
  }
  const mode = (stats.mode & 0o100) === 0 ? 0o644 : 0o755
  const sink = tar.entry({ ...common, type: 'file', mode, size: stats.size })
  await pipeline(createReadStream(file), sink)
}

const entry = (tar: Pack, header: Parameters<Pack['entry']>[0]): Promise<void> =>
  new Promise((resolve, reject) => {
    tar.entry(header, (error) => (error ? reject(error) : resolve()))
  })

/** Paths of everything in a folder, a folder before what is in it, in the order of their bytes. */
async function entriesOf(folder: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const one of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(one.parentPath, one.name).slice(folder.length + 1)
    found.push(path)
  }
  return found.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
}

const seenBy = (hash: Hash): Transform =>
  new Transform({
    transform(chunk, _encoding, next) {
      hash.update(chunk)
      next(null, chunk)
    },
  })

/** SHA-256 of a file, in hexadecimal digits. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await using handle = await open(file)
  for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk)
  return hash.digest('hex')
}
