/**
 * Program: `npm run release -- COMMIT FOLDER` packs a release of the origin, signs it if the environment names a key
 * (`signature.ts`), and writes an image of the same content. Prints the release's name to stdout, and progress to
 * stderr. Needs npm's registry and, unless DATABASE_CA names a local copy, AWS's trust store.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '@spillway/origin/dev/folders'
import { needPinnedBase } from './base-image.ts'
import { writeImage } from './image.ts'
import { architectures } from './node-runtime.ts'
import { type PackOptions, packRelease } from './pack.ts'
import { signerOf } from './signature.ts'

const usage = `Usage: npm run release -- COMMIT FOLDER [--architecture ${architectures.join('|')}] [--image] [--base FOLDER] [--twice]
  --architecture  of the instances (arm64)
  --image         also writes FOLDER/NAME.oci, an OCI image layout whose layer is the archive
  --base FOLDER   OCI image layout with glibc, below the image's own layer; implies --image. It must be the image that
                  npm run release:base has pinned
  --twice         packs a second time, and fails if the two archives differ by a bit`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    architecture: { type: 'string', default: 'arm64' },
    image: { type: 'boolean', default: false },
    base: { type: 'string' },
    twice: { type: 'boolean', default: false },
  },
})
const architecture = architectures.find((name) => name === values.architecture)
const [commit, folder, ...rest] = positionals

if (architecture === undefined || commit === undefined || folder === undefined || rest.length > 0) {
  console.error(usage)
  process.exitCode = 2
} else {
  const options: PackOptions = {
    root,
    commit,
    architecture,
    folder: resolve(folder),
    nodeTarball: process.env.NODE_TARBALL,
    certificateAuthorities: process.env.DATABASE_CA,
  }
  // Before the work, so that a wrong key is told of at once.
  const signer = signerOf(process.env)
  if (values.base !== undefined) await needPinnedBase(resolve(values.base), architecture)
  console.error(`packing ${commit} for linux-${architecture} …`)
  const packed = await packRelease(options)
  const { name, archive } = packed
  console.error(`${archive.file}, ${Math.round(archive.bytes / 1e6)} MB`)
  if (values.twice) await packAgain(options, name)
  if (signer === undefined) console.error('not signed: RELEASE_SIGNING_KEY is not set')
  else await writeFile(join(options.folder, `${name}.sig`), signer(name))
  if (values.image || values.base !== undefined) {
    const image = await writeImage(join(options.folder, `${name}.oci`), {
      ...packed,
      architecture,
      base: values.base === undefined ? undefined : resolve(values.base),
    })
    console.error(`${image.folder}: image ${image.digest}`)
  }
  console.log(name)
}

async function packAgain(options: PackOptions, name: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'spillway-release-again-'))
  try {
    const again = await packRelease({ ...options, folder: scratch })
    if (again.name !== name) throw new Error(`the second archive is ${again.name}: the two differ`)
    console.error('packed twice: the archives are equal')
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
