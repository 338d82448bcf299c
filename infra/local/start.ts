/** Program: `npm start` runs all tiers on this machine until Ctrl-C, and reloads them when their sources change. */
import '@spillway/origin/dev/loopback'
import { createHash, randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import {
  type DevelopmentPorts,
  developmentPorts,
  issuerKeys,
  assertionKey as keptAssertionKey,
  portVariables,
} from '@spillway/edge/dev/development'
import { bundleForDevelopment, startEdgeDev } from '@spillway/edge/dev/edge-dev'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { startIssuer } from '@spillway/edge/dev/issuer'
import { keepPorts } from '@spillway/edge/dev/kept-ports'
import { publicKeySet } from '@spillway/edge/dev/keys'
import { ownIssuers, trustedIssuers } from '@spillway/edge/dev/trusted-issuers'
import type { WorkerCode } from '@spillway/edge/dev/worker-process'
import { edgeEnv, opsPaths, originEnv, publicPaths } from '@spillway/origin/contract'
import { applicationFiles, type WhichApplication } from '@spillway/origin/dev/application-files'
import { type Child, startChild } from '@spillway/origin/dev/child'
import { localFolder, root } from '@spillway/origin/dev/folders'
import { loadApplication } from '@spillway/origin/dev/load-application'
import { databaseNameOf, type Mongod, startMongod } from '@spillway/origin/dev/mongod'
import { originEnvironment, untilReady } from '@spillway/origin/dev/origin-process'
import { freePort, isPortFree } from '@spillway/origin/dev/ports'
import { seed } from '@spillway/origin/dev/seed'
import { checkSources } from '@spillway/origin/dev/source-check'
import { keepLog } from './kept-log.ts'
import { lineWriter } from './output.ts'
import { Reload, type Running, type Tier } from './reload.ts'
import { watchSources } from './source-watch.ts'
import { type StartOptions, startOptions, startUsage } from './start-options.ts'
import { type Supervised, supervise } from './supervisor.ts'
import { checkTypes } from './type-check.ts'
import { welcome } from './welcome.ts'

const frameworkFolders = ['origin/contract', 'origin/src', 'edge/src']
const say = lineWriter('start')

async function start(stack: Supervised, ports: DevelopmentPorts, options: StartOptions): Promise<void> {
  const { signal } = stack
  const startedAt = performance.now()
  await refuseTakenPorts(ports)
  stack.stopAtEnd(keepPorts(ports))
  const own = ownIssuers(process.env.TOKEN_ISSUERS)
  const files = applicationFiles(options.application)
  const { application, tools } = await checkAndLoad(options.application, signal)

  const issuer = await startIssuer({ keys: await issuerKeys(), port: ports.issuer })
  stack.stopAtEnd(() => issuer.stop())
  const assertionKey = await keptAssertionKey()

  say('Starting the database …')
  const mongod = await startMongod({
    dataFolder: join(localFolder, 'db'),
    log: lineWriter('mongod'),
    signal,
    onUnexpectedExit: (reason) => stack.fail(reason),
  })
  stack.stopAtEnd(() => mongod.stop())
  // A database of one's own is taken as it is named; in the embedded server each application has its own.
  const isShared = options.application !== 'own' && mongod.pid !== undefined
  const databaseName = databaseNameOf(mongod.uri) + (isShared ? `_${application.name}` : '')
  if (tools.seed !== undefined) await loadSeed(mongod, databaseName, options, signal)

  const inspectorPorts = options.inspect
    ? { origin: await portNear(9229), edge: await portNear(9230) }
    : undefined
  const originUrl = `http://127.0.0.1:${ports.origin}`
  const edgeUrl = `http://127.0.0.1:${ports.edge}`
  const purgeKey = randomBytes(32).toString('base64url')
  const keepOrigin = keepLog('origin')
  const origin: Tier = {
    name: 'origin',
    async start() {
      say('Starting the origin …')
      const child = await startChild({
        name: 'origin',
        command: process.execPath,
        args: [
          ...(inspectorPorts === undefined ? [] : [`--inspect=127.0.0.1:${inspectorPorts.origin}`]),
          join(root, files.origin),
        ],
        cwd: join(root, 'origin'),
        env: {
          ...process.env,
          ...originEnvironment(
            {
              ...{ databaseUri: mongod.uri, databaseName },
              edgeKeys: JSON.stringify(publicKeySet(assertionKey)),
              env: {
                [originEnv.edgeUrl]: edgeUrl,
                [originEnv.purgeKey]: purgeKey,
                // Secrets of receivers are derived from it, and outlive a restart with the database.
                [originEnv.webhookKey]: createHash('sha256')
                  .update(`webhooks ${assertionKey.d}`)
                  .digest('base64url'),
              },
            },
            ports.origin,
          ),
        },
        onLine: both(lineWriter('origin'), keepOrigin),
      })
      return await readyOrStopped(child, originUrl + opsPaths.ready, signal)
    },
  }
  const keepEdge = keepLog('edge')
  let code: WorkerCode | undefined
  const edge: Tier = {
    name: 'edge',
    async start() {
      say('Starting the edge …')
      // The cast is safe: the edge is started after its code was built.
      const { child } = await startEdgeDev(code as WorkerCode, {
        port: ports.edge,
        inspectorPort: inspectorPorts?.edge,
        variables: {
          ...edgeVariables({
            originUrls: [originUrl],
            trustedIssuers: trustedIssuers(issuer, own),
            assertionKey,
          }),
          LOG: 'totals',
          [edgeEnv.purgeKey]: purgeKey,
        },
        onLine: both(withoutTotals(lineWriter('edge')), keepEdge),
      })
      return await readyOrStopped(child, edgeUrl + publicPaths.openapi, signal)
    },
  }

  let types = new AbortController()
  const reload = new Reload({
    sources: watchSources(
      [...frameworkFolders, ...files.folders].map((folder) => join(root, folder)),
      signal,
    ),
    tiers: [origin, edge],
    say,
    signal,
    async prepare() {
      const [mistake, bundled] = await Promise.all([
        checkSources(options.application, signal),
        bundleForDevelopment(options.application),
      ])
      if (mistake !== undefined) return mistake
      if (!bundled.ok) return bundled.message
      code = bundled.code
      return undefined
    },
    onUp(how) {
      if (how === 'reloaded') say('Reloaded: origin and edge run the sources as they are now.')
      types.abort()
      types = new AbortController()
      const aborted = AbortSignal.any([signal, types.signal])
      void checkTypes(projectsOf(options.application), aborted).then((lines) =>
        lines.map(lineWriter('types')),
      )
    },
  })
  stack.stopAtEnd((graceMs) => reload.stop(graceMs))
  const state = await reload.start()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(await welcome({ application, tools, edgeUrl, originUrl, issuer, own, seconds, inspectorPorts }))
  await reload.follow(state).catch((error) => {
    if (!signal.aborted) throw error
  })
}

/** Totals are for the console: on the terminal a line each second would hide the others. */
const withoutTotals = (write: (line: string) => void) => (line: string) => {
  if (!line.startsWith('{"level":"info","kind":"totals"')) write(line)
}

const both = (first: (line: string) => void, second: (line: string) => void) => (line: string) => {
  first(line)
  second(line)
}

/** @throws Error with the mistake in a definition, without the loader's stack */
async function checkAndLoad(which: WhichApplication, signal: AbortSignal) {
  const mistake = await checkSources(which, signal)
  if (mistake !== undefined) throw new Error(mistake)
  return await loadApplication(which)
}

/** Projects whose sources both tiers run. Code of another application's `server/` belongs to the project around it. */
const projectsOf = (which: WhichApplication): readonly string[] =>
  which === 'own' ? ['origin', 'edge'] : ['origin', 'edge', dirname(applicationFiles(which).worker)]

/** Leaves a database that this command did not create untouched, unless asked to load the seed. */
async function loadSeed(
  { uri: databaseUri, pid }: Mongod,
  databaseName: string,
  options: StartOptions,
  signal: AbortSignal,
): Promise<void> {
  if (pid === undefined && !options.seed) {
    say(`Using database '${databaseName}' of MONGODB_URI as it is. To load the seed: npm start -- --seed`)
    return
  }
  say('Loading the seed …')
  const { application } = options
  await seed({ databaseUri, databaseName, application, onLine: lineWriter('seed'), signal })
}

/** @throws Error with the child's last lines if it does not become ready; it is stopped then */
async function readyOrStopped(child: Child, url: string, signal: AbortSignal): Promise<Running> {
  try {
    await untilReady(url, child, signal)
    return { child, stop: (graceMs) => child.stop(graceMs) }
  } catch (error) {
    await child.stop(0)
    throw error
  }
}

const portNear = async (wanted: number): Promise<number> =>
  (await isPortFree(wanted)) ? wanted : await freePort()

async function refuseTakenPorts(ports: DevelopmentPorts): Promise<void> {
  const taken: string[] = []
  for (const tier of ['edge', 'origin', 'issuer'] as const) {
    if (await isPortFree(ports[tier])) continue
    taken.push(
      `Port ${ports[tier]} (${tier}) is in use: stop what listens on it, or set ${portVariables[tier]} to a free one.`,
    )
  }
  if (taken.length > 0) throw new Error(taken.join('\n'))
}

// Writing to a closed terminal must not prevent the other processes from being stopped.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

process.exitCode = await supervise(async (stack) => {
  const options = startOptions(process.argv.slice(2))
  if (options === 'help') {
    console.log(startUsage)
    stack.end()
  } else await start(stack, developmentPorts(process.env), options)
}, say)
