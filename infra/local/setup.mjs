/**
 * Program: installs the dependencies if they are missing or differ from package-lock.json. It runs before `npm start`
 * and `npm test` on the machine's own Node, without dependencies; it installs the Node that everything else runs on.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const modules = join(root, 'node_modules')
const lock = join(root, '.spillway', 'setup.lock')
const holder = join(lock, 'pid')

const nodeMajorMin = 20
const installTimeoutMs = 15 * 60_000
const heartbeatMs = 5_000
/** A lock without an owner's name was either taken this moment, or left by a process that died at once. */
const namelessLockMs = 5_000

const say = (line) => console.error(`setup: ${line}`)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function main() {
  if (Number(process.versions.node.split('.')[0]) < nodeMajorMin) {
    fail(
      `Node ${process.versions.node} is too old: install Node ${nodeMajorMin} or later (https://nodejs.org).`,
    )
  }
  if (isInstalled() && hasNode()) return
  await acquireLock()
  try {
    // The previous owner of the lock may have installed everything.
    if (!isInstalled()) await install()
    if (!hasNode()) await repairNode()
  } finally {
    releaseLock()
  }
}

/**
 * Whether node_modules matches package-lock.json, according to npm's record of the installation. Packages that another one
 * brings in its archive do not count: they cannot differ from it, and versions of npm do not agree on which to list.
 */
function isInstalled() {
  const wanted = readPackages(join(root, 'package-lock.json'))
  const found = readPackages(join(modules, '.package-lock.json'))
  if (wanted === undefined) fail('package-lock.json is missing or broken: restore it from version control.')
  if (found === undefined) return false
  for (const [path, entry] of Object.entries(wanted)) {
    // The other entries are our own workspaces, which are linked and not installed.
    if (!path.includes('node_modules/') || entry.inBundle) continue
    const installed = found[path]
    // Packages for other platforms are in the lockfile but not installed.
    if (installed === undefined && (entry.optional || entry.devOptional || entry.peer)) continue
    if (installed === undefined || identityOf(installed) !== identityOf(entry)) return false
  }
  return Object.entries(found).every(
    ([path, { inBundle }]) => inBundle || path in wanted || !path.includes('node_modules/'),
  )
}

const identityOf = ({ integrity, version, resolved }) => integrity ?? `${version} ${resolved}`

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

async function install() {
  say(`installing dependencies into node_modules (npm ci, ${process.platform}, about a minute) …`)
  let result = await npm('ci', ...everything)
  if (result.code !== 0 && /\bEUSAGE\b/.test(result.output)) {
    say('package-lock.json does not fit package.json: trying npm install, which will change it …')
    result = await npm('install', ...everything)
  }
  if (result.code !== 0) {
    console.error(result.output.trimEnd())
    fail(
      result.isTimeout
        ? `npm did not finish within ${installTimeoutMs / 60_000} minutes: see its output above.`
        : 'npm could not install the dependencies: see its output above. Nothing else was started.',
    )
  }
  say(`dependencies installed in ${result.seconds} s`)
}

/** Overrides NODE_ENV=production and npm settings, which would omit packages needed to run and test. */
const everything = ['--include=dev', '--include=optional']

/** Runs npm, prints a sign of life now and then, and shows its output if it fails. */
function npm(...command) {
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1000)
  const env = { ...process.env, PATH: pathWithoutModules() }
  const { file, first } = npmProgram(env.PATH)
  const args = [...first, ...command, '--no-audit', '--no-fund', '--no-progress', '--loglevel=warn']
  const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let isTimeout = false
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const heartbeat = setInterval(() => say(`… still installing, ${seconds()} s`), heartbeatMs)
  const timeout = setTimeout(() => {
    isTimeout = true
    child.kill('SIGKILL')
  }, installTimeoutMs)
  return new Promise((resolve) => {
    const finish = (code) => {
      clearInterval(heartbeat)
      clearTimeout(timeout)
      resolve({ code, output, isTimeout, seconds: seconds() })
    }
    child.once('error', (error) => {
      output += `cannot run npm: ${error.message}\n`
      finish(1)
    })
    child.once('close', (code) => finish(code ?? 1))
  })
}

/**
 * npm scripts put node_modules/.bin first in PATH. While npm replaces that folder, its programs are unreliable: both
 * the Node that may be running this and an npm that a dependency installed.
 */
function pathWithoutModules() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.filter((folder) => !folder.endsWith(join('node_modules', '.bin'))).join(delimiter)
}

/** The npm in PATH; otherwise the npm that started this. */
function npmProgram(path) {
  const isOnPath = path.split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, 'npm')))
  const starter = process.env.npm_execpath
  if (isOnPath || starter === undefined || !starter.endsWith('npm-cli.js')) return { file: 'npm', first: [] }
  return { file: process.execPath, first: [starter] }
}

/** Whether the dependency `node` is installed in the version of package-lock.json, and runs. */
function hasNode() {
  const wanted = readPackages(join(root, 'package-lock.json'))['node_modules/node']?.version
  if (wanted === undefined) return true
  const program = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
  const { stdout } = spawnSync(program, ['--version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  return stdout?.trim() === `v${wanted}`
}

/**
 * Repairs the dependency `node`, whose program comes from an install script that an npm setting can forbid: runs only
 * that script.
 */
async function repairNode() {
  say('npm has not run the install script that brings the dependency `node`: running that one …')
  const result = await npm('rebuild', 'node', '--ignore-scripts=false')
  if (hasNode()) return
  console.error(result.output.trimEnd())
  fail(
    'The dependency `node` is not set up: see the output of npm above. Run `npm rebuild node --ignore-scripts=false`, ' +
      'or delete the folder node_modules, and start again.',
  )
}

/** Takes the lock by creating a folder, which succeeds for exactly one process. */
async function acquireLock() {
  mkdirSync(join(lock, '..'), { recursive: true })
  let isTold = false
  for (let waitedMs = 0; waitedMs < installTimeoutMs; waitedMs += 250) {
    try {
      mkdirSync(lock)
      writeFileSync(holder, String(process.pid))
      releaseAtExit()
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isAbandoned()) {
      removeAbandoned()
      continue
    }
    if (!isTold) say(`another set-up (process ${owner() ?? 'unknown'}) is at work here: waiting for it …`)
    isTold = true
    await sleep(250)
  }
  fail(`another set-up did not finish. If none is running, delete the folder ${lock} and start again.`)
}

function owner() {
  try {
    return Number(readFileSync(holder, 'utf8')) || undefined
  } catch {
    return undefined
  }
}

function isAbandoned() {
  const pid = owner()
  try {
    if (pid === undefined) return Date.now() - statSync(lock).mtimeMs > namelessLockMs
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

/** Removes an abandoned lock, one process at a time, after checking again: another process may have taken it since. */
function removeAbandoned() {
  const removal = `${lock}.removal`
  try {
    mkdirSync(removal)
  } catch {
    const age = Date.now() - (statSync(removal, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > namelessLockMs) rmSync(removal, { recursive: true, force: true })
    return
  }
  if (isAbandoned()) rmSync(lock, { recursive: true, force: true })
  rmSync(removal, { recursive: true, force: true })
}

function releaseLock() {
  if (owner() === process.pid) rmSync(lock, { recursive: true, force: true })
}

function releaseAtExit() {
  process.once('exit', releaseLock)
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ]) {
    process.once(signal, () => process.exit(128 + number))
  }
}

function fail(message) {
  say(message)
  process.exit(1)
}

await main()
