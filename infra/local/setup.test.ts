import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** A project with one dependency, which is a folder of its own: npm needs no network for it. */
let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'spillway-setup-'))
  mkdirSync(join(project, 'infra/local'), { recursive: true })
  mkdirSync(join(project, 'part'))
  cpSync(join(import.meta.dirname, 'setup.mjs'), join(project, 'infra/local/setup.mjs'))
  write('part/package.json', { name: 'part', version: '1.0.0' })
  write('package.json', { name: 'project', version: '1.0.0', dependencies: { part: 'file:part' } })
  writeLock(
    { part: 'file:part' },
    { 'node_modules/part': { resolved: 'part', link: true }, part: { version: '1.0.0' } },
  )
})

afterEach(() => rmSync(project, { recursive: true, force: true }))

const installing = 'installing dependencies'

test('installs missing dependencies, and does nothing in a second run', async () => {
  const first = await setup()
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining(installing) })
  expect(existsSync(join(project, 'node_modules/part'))).toBe(true)

  expect(await setup()).toEqual({ code: 0, output: '' })
})

test('reinstalls dependencies that differ from the lockfile', async () => {
  await setup()
  write('node_modules/.package-lock.json', { packages: { 'node_modules/other': { version: '1.0.0' } } })

  expect((await setup()).output).toContain(installing)
})

test('does not mind packages that come in the archive of another', async () => {
  await setup()
  const file = join(project, 'node_modules/.package-lock.json')
  const { packages } = JSON.parse(readFileSync(file, 'utf8'))
  const inside = { version: '1.0.0', inBundle: true, extraneous: true }
  write('node_modules/.package-lock.json', {
    packages: { ...packages, 'node_modules/part/node_modules/inside': inside },
  })

  expect(await setup()).toEqual({ code: 0, output: '' })
})

test('lets one of two concurrent runs install while the other waits', async () => {
  const runs = await Promise.all([setup(), setup()])

  expect(runs.map(({ code }) => code)).toEqual([0, 0])
  expect(runs.filter(({ output }) => output.includes(installing))).toHaveLength(1)
  expect(existsSync(join(project, '.spillway/setup.lock'))).toBe(false)
})

test('takes over the lock of a dead process', async () => {
  const gone = await new Promise<number>((resolve) => {
    const child = spawn(process.execPath, ['-e', ''])
    child.once('exit', () => resolve(child.pid as number))
  })
  mkdirSync(join(project, '.spillway/setup.lock'), { recursive: true })
  writeFileSync(join(project, '.spillway/setup.lock/pid'), String(gone))

  expect((await setup()).code).toBe(0)
})

test('updates a lockfile that does not match package.json, and reports it', async () => {
  write('other/package.json', { name: 'other', version: '1.0.0' })
  write('package.json', { name: 'project', version: '1.0.0', dependencies: { other: 'file:other' } })

  const { code, output } = await setup()
  expect(output).toContain('package-lock.json does not fit package.json')
  expect(code).toBe(0)
  expect(existsSync(join(project, 'node_modules/other'))).toBe(true)
})

test('when npm fails, its output is shown and the exit code says so', async () => {
  writeFileSync(join(project, 'package.json'), '{ "name": ')

  const { code, output } = await setup()
  expect(code).toBe(1)
  expect(output).toMatch(/npm (error|ERR!) code EJSONPARSE/)
  expect(output).toContain('npm could not install the dependencies')
})

test('dependencies of development are installed where the environment says production', async () => {
  write('tool/package.json', { name: 'tool', version: '1.0.0' })
  write('package.json', { name: 'project', version: '1.0.0', devDependencies: { tool: 'file:tool' } })

  expect((await setup({ NODE_ENV: 'production', npm_config_omit: 'dev' })).code).toBe(0)
  expect(existsSync(join(project, 'node_modules/tool'))).toBe(true)
})

test('a dependency `node` whose install script was not run is set up by that script alone', async () => {
  withNode('cp program node && chmod +x node')
  const { code, output } = await setup({ npm_config_ignore_scripts: 'true' })

  expect(output).toContain('has not run the install script that brings the dependency `node`')
  expect(code, output).toBe(0)
  expect(await setup()).toEqual({ code: 0, output: '' })
})

test('a dependency `node` that cannot be set up is named, with what to do', async () => {
  withNode('exit 1')
  const { code, output } = await setup({ npm_config_ignore_scripts: 'true' })

  expect(code).toBe(1)
  expect(output).toContain('npm rebuild node --ignore-scripts=false')
})

/** A project whose dependency `node`, from a registry's archive, gets its program by a script, as the real one does. */
function withNode(preinstall: string): void {
  write('package/package.json', {
    name: 'node',
    version: '99.0.0',
    bin: { node: 'node' },
    scripts: { preinstall },
  })
  writeFileSync(join(project, 'package/program'), '#!/bin/sh\necho v99.0.0\n')
  const archive = 'node-99.0.0.tgz'
  execFileSync('tar', ['-czf', archive, 'package'], { cwd: project })
  const dependencies = { node: `file:${archive}` }
  write('package.json', { name: 'project', version: '1.0.0', dependencies, allowScripts: { node: true } })
  const hash = createHash('sha512').update(readFileSync(join(project, archive)))
  writeLock(dependencies, {
    'node_modules/node': {
      version: '99.0.0',
      resolved: `file:${archive}`,
      integrity: `sha512-${hash.digest('base64')}`,
      hasInstallScript: true,
      bin: { node: 'node' },
    },
  })
}

function writeLock(dependencies: Record<string, string>, packages: Record<string, unknown>): void {
  const own = { name: 'project', version: '1.0.0' }
  const all = { '': { ...own, dependencies }, ...packages }
  write('package-lock.json', { ...own, lockfileVersion: 3, requires: true, packages: all })
}

function write(file: string, content: unknown): void {
  mkdirSync(join(project, file, '..'), { recursive: true })
  writeFileSync(join(project, file), JSON.stringify(content))
}

function setup(env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['infra/local/setup.mjs'], {
      cwd: project,
      env: { ...process.env, ...env },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    child.once('close', (code) => resolve({ code, output }))
  })
}
