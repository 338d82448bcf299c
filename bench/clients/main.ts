/**
 * Program: `npm run test:clients` generates clients from the OpenAPI document of the running system, compiles them and
 * runs the tour with each, and with our own client. Lints the same document with Spectral.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { up } from '@spillway/infra/local/up'
import { application } from '@spillway/origin/application'
import { openApiDocument, publicPaths } from '@spillway/origin/contract'
import { root } from '@spillway/origin/dev/folders'
import { build } from 'esbuild'
import { documentedDeployment } from '../api/documented-deployment.ts'
import { application as marketplace } from '../marketplace/application/index.ts'
import { Steps } from '../measure/steps.ts'
import { installTools } from './tools.ts'

const execute = promisify(execFile)
const stepTimeoutMs = 3 * 60_000
const say = (line: string) => console.error(line)

const tools = await installTools(say)
const npm = (name: string) => join(tools, 'node_modules/.bin', name)
const folder = await mkdtemp(join(tmpdir(), 'spillway-clients-'))
const steps = new Steps()
const step = steps.run.bind(steps)

const run = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  execute(command, args, {
    cwd: folder,
    timeout: stepTimeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 26,
    env: { ...process.env, ...env },
  })

try {
  say('Starting the stack …')
  await using stack = await up({ seed: true })
  const scopes = ['places:write']
  const token = await stack.issuer.mintToken({ sub: 'tourist', scopes })
  // No proxy for the tour; httpx cannot read a list that has an IPv6 address.
  const tour = {
    SPILLWAY_URL: stack.url,
    SPILLWAY_TOKEN: token,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  }
  const document = await (await fetch(stack.url + publicPaths.openapi)).text()
  await writeFile(join(folder, 'openapi.json'), document)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await symlink(join(tools, 'node_modules'), join(folder, 'node_modules'))
  await cp(join(import.meta.dirname, 'tours'), folder, { recursive: true })

  await step('Spectral finds nothing: as served, with an issuer, and of the marketplace', async () => {
    for (const [name, described] of Object.entries({ described: application, marketplace })) {
      await writeFile(
        join(folder, `${name}.json`),
        JSON.stringify(openApiDocument(described, documentedDeployment)),
      )
    }
    await writeFile(join(folder, 'ruleset.yaml'), 'extends: spectral:oas\n')
    const severity = ['--fail-severity', 'warn']
    await run(npm('spectral'), [
      'lint',
      'openapi.json',
      'described.json',
      'marketplace.json',
      '-r',
      'ruleset.yaml',
      ...severity,
    ])
  })
  await step('openapi-typescript generates', () =>
    run(npm('openapi-typescript'), ['openapi.json', '-o', 'openapi-types.d.ts']),
  )
  await step('@hey-api/openapi-ts generates', () =>
    run(npm('openapi-ts'), ['-i', 'openapi.json', '-o', 'hey-api']),
  )
  await step('the generated TypeScript clients compile, and a read has the exact type', () =>
    run(npm('tsc'), ['-p', '.']),
  )
  for (const name of ['openapi-fetch', 'hey-api']) {
    await step(`${name} runs the tour`, async () => {
      // Generated imports have no extensions: they are for bundlers.
      const entry = join(folder, `${name}-tour.ts`)
      const outfile = join(folder, `${name}-tour.mjs`)
      await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node' })
      await run(process.execPath, [outfile], tour)
    })
  }
  await step('openapi-python-client generates', () =>
    run(join(tools, 'python/bin/openapi-python-client'), [
      ...['generate', '--path', 'openapi.json', '--meta', 'none', '--output-path', 'python_client'],
      ...['--config', 'python-client.yaml'],
      '--fail-on-warning',
    ]),
  )
  await step('openapi-python-client runs the tour', () =>
    run(join(tools, 'python/bin/python'), ['python_tour.py'], tour),
  )
  // Its types are those of the sample, which `npm run check:seam` replaces: they are checked here, not with the benches.
  const sample = join(import.meta.dirname, 'sample')
  await step('our own client compiles, and a read has the exact type', () =>
    run(join(root, 'node_modules/.bin/tsc'), ['-p', sample]),
  )
  await step('our own client runs the tour', async () => {
    const file = pathToFileURL(join(sample, 'own-tour.ts')).href
    const { ownTour }: { ownTour(url: string, token: string): Promise<void> } = await import(file)
    await ownTour(stack.url, token)
  })
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.exitCode = steps.failed === 0 ? 0 : 1
