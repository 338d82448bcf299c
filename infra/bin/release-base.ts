import { parseArgs } from 'node:util'
import { pinBase } from '../release/base-image.ts'
import { architectures } from '../release/node-runtime.ts'

/** `npm run release:base -- FOLDER`: pins the image that the images of releases stand on. */
const usage = `usage: npm run release:base -- FOLDER [--architecture ${architectures.join('|')}] [--image NAME]
  FOLDER          OCI image layout, as skopeo copy docker://NAME@sha256:… oci:FOLDER makes it
  --architecture  of the image (arm64)
  --image         its name, if it is another one than before
Writes the digest into infra/release/base-image.json: compare it with its publisher's, and commit it.`

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { architecture: { type: 'string', default: 'arm64' }, image: { type: 'string' } },
  })
  const architecture = architectures.find((name) => name === values.architecture)
  const [folder, ...rest] = positionals
  if (architecture === undefined || folder === undefined || rest.length > 0) throw new Error(usage)
  console.log(await pinBase(folder, { architecture, image: values.image }))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
