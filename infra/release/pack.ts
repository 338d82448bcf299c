import { globSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Archive, packFolder } from './archive.ts'
import { type Architecture, addRuntime } from './node-runtime.ts'
import { runProgram } from './run-program.ts'
import { type BillOptions, billOfMaterials } from './sbom.ts'

export interface PackOptions {
  /** Root of the checkout. */
  readonly root: string
  /** Any name of a commit that git knows. */
  readonly commit: string
  readonly architecture: Architecture
  /** Folder of the result. */
  readonly folder: string
  /** Tarball of Node from nodejs.org. @default npm's package of the same program */
  readonly nodeTarball?: string | undefined
  /** File of the database's certificate authorities. @default AWS's trust store is asked for it */
  readonly certificateAuthorities?: string | undefined
}

export interface Packed {
  /** Commit and digest: `0123456789ab-` and 64 hexadecimal digits. */
  readonly name: string
  readonly commit: string
  readonly committedAt: Date
  readonly archive: Archive
}

const trustStore = 'https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem'
/** Files from which the origin's dependencies are resolved: the lockfile names every workspace. */
const sources = ['package.json', 'package-lock.json', '.npmrc', 'edge/package.json', 'bench/package.json']

/**
 * Packs a release of the origin: the workspace folder itself (Node strips types only outside node_modules), its
 * dependencies, the Node that runs it, the instance files, the database's certificate authorities, and a bill of
 * materials. The same commit gives the same archive.
 */
export async function packRelease(options: PackOptions): Promise<Packed> {
  const { root, architecture, folder, nodeTarball } = options
  const git = async (...words: string[]) => (await runProgram('git', words, root)).trim()
  const commit = await git('rev-parse', '--verify', `${options.commit}^{commit}`)
  const committedAt = new Date(1_000 * Number(await git('show', '--no-patch', '--format=%ct', commit)))
  const work = await mkdtemp(join(tmpdir(), 'spillway-release-'))
  try {
    const tree = join(work, 'tree')
    await mkdir(tree)
    const archived = join(work, 'commit.tar')
    await git('archive', '--output', archived, commit, ...sources, 'origin', 'infra')
    await runProgram('tar', ['-xf', archived, '-C', tree], work)
    const flags = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    await runProgram('npm', ['ci', ...flags, '--workspace', '@spillway/origin'], tree)

    // The cast is safe: the root's package.json pins the version.
    const { devDependencies } = JSON.parse(await readFile(join(tree, 'package.json'), 'utf8')) as {
      devDependencies: { node: string }
    }
    const version = devDependencies.node
    const content = join(work, 'content')
    await mkdir(content)
    for (const name of ['origin', 'node_modules', 'package.json']) {
      await rename(join(tree, name), join(content, name))
    }
    await rename(join(tree, 'infra/instance'), join(content, 'instance'))
    const authorities = join(content, 'instance/global-bundle.pem')
    if (options.certificateAuthorities === undefined) await download(trustStore, authorities)
    else await copyFile(options.certificateAuthorities, authorities)
    const runtime = { version, architecture, work, tarball: nodeTarball }
    const sha256 = await addRuntime(join(content, 'runtime'), runtime)
    const bill = await billOf(content, { createdAt: committedAt, node: { version, sha256 } })
    await writeFile(join(content, 'sbom.cdx.json'), bill)
    await leaveOutTests(join(content, 'origin'))

    const draft = join(work, 'release.tar.gz')
    const archive = await packFolder(content, draft, committedAt)
    const name = `${commit.slice(0, 12)}-${archive.digest}`
    await mkdir(folder, { recursive: true })
    const file = join(folder, `${name}.tar.gz`)
    await copyFile(draft, file)
    await copyFile(join(content, 'sbom.cdx.json'), join(folder, `${name}.cdx.json`))
    return { name, commit, committedAt, archive: { ...archive, file } }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function billOf(content: string, more: Pick<BillOptions, 'createdAt' | 'node'>): Promise<string> {
  // The casts are safe: npm writes both documents.
  const read = async (file: string) => JSON.parse(await readFile(join(content, file), 'utf8')) as unknown
  const { packages } = (await read('node_modules/.package-lock.json')) as Pick<BillOptions, 'packages'>
  const { version } = (await read('origin/package.json')) as { version: string }
  return billOfMaterials({ packages, name: 'spillway-origin', version, ...more })
}

async function leaveOutTests(origin: string): Promise<void> {
  for (const file of globSync('**/*.test.ts', { cwd: origin })) await rm(join(origin, file))
  for (const folder of ['test', 'dev', 'application/test']) {
    await rm(join(origin, folder), { recursive: true, force: true })
  }
}

async function download(url: string, file: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(30_000) })
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
  await writeFile(file, Buffer.from(await answer.arrayBuffer()))
}
