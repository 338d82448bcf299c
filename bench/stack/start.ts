/** Program: `npm start` runs the whole path on this machine until Ctrl-C, and reloads both halves when they change. */
import './loopback.ts'
import { join } from 'node:path'
import { opsPaths, publicPaths } from '@spillway/origin/contract'
import {
  type DevelopmentPorts,
  developmentPorts,
  issuerKeys,
  assertionKey as keptAssertionKey,
  portVariables,
} from './development.ts'
import { edgeVariables } from './edge.ts'
import { localFolder, root } from './folders.ts'
import { startIssuer, trustedIssuer } from './issuer.ts'
import { publicKeySet } from './keys.ts'
import { startMongod } from './mongod.ts'
import { originEnvironment, untilReady } from './origin.ts'
import { lineWriter } from './output.ts'
import { isPortFree } from './ports.ts'
import { seed } from './seed.ts'
import { sourceChange } from './source-change.ts'
import { type Supervised, supervise } from './supervisor.ts'
import { welcome } from './welcome.ts'
import { wranglerDev } from './wrangler-dev.ts'

const databaseName = 'spillway'
const edgeSources = ['edge/src', 'origin/contract'].map((folder) => join(root, folder))
const say = lineWriter('start')

async function start(stack: Supervised, ports: DevelopmentPorts): Promise<void> {
  const { signal } = stack
  const startedAt = performance.now()
  await refuseTakenPorts(ports)

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

  say('Loading the sample data …')
  await seed({ databaseUri: mongod.uri, databaseName, onLine: lineWriter('seed'), signal })

  say('Starting the origin …')
  const origin = await stack.start({
    name: 'origin',
    command: process.execPath,
    args: ['--watch', '--watch-preserve-output', 'src/main.ts'],
    cwd: join(root, 'origin'),
    env: {
      ...process.env,
      ...originEnvironment(
        {
          databaseUri: mongod.uri,
          databaseName,
          edgeKeys: JSON.stringify(publicKeySet(assertionKey)),
        },
        ports.origin,
      ),
    },
    onLine: lineWriter('origin'),
  })
  const originUrl = `http://127.0.0.1:${ports.origin}`
  await untilReady(originUrl + opsPaths.ready, origin, signal)

  say('Starting the edge …')
  const variables = edgeVariables({
    originUrls: [originUrl],
    trustedIssuers: [trustedIssuer(issuer)],
    assertionKey,
  })
  let isUp = false
  const edge = await stack.start(
    await wranglerDev({ port: ports.edge, variables, onLine: lineWriter('edge'), signal }),
    // `wrangler dev` ends when a Worker throws while it is loaded, as the contract does at a mistake in a definition.
    { isDue: () => isUp, until: (ending) => sourceChange(edgeSources, ending) },
  )
  const edgeUrl = `http://127.0.0.1:${ports.edge}`
  await untilReady(edgeUrl + publicPaths.openapi, edge, signal)
  isUp = true

  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(await welcome({ edgeUrl, originUrl, issuer, seconds }))
}

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

// A closed terminal must not keep us from stopping the rest.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

process.exitCode = await supervise((stack) => start(stack, developmentPorts(process.env)), say)
