/**
 * Program: `node infra/local/run.mjs [PROGRAM [ARGUMENT...]]` sets up the checkout, then runs a program of it on the
 * Node that is one of its dependencies. All scripts of the root's package.json use it, so none needs its own set-up or
 * the syntax of a particular shell.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import nodeModule from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const parentCheckMs = 500

const [program, ...args] = process.argv.slice(2)
const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'setup.mjs')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

if (program !== undefined) {
  if (process.env.npm_lifecycle_event !== undefined) endWithParent()
  if (process.versions.node === ourNode()) await runHere(resolve(root, program))
  else runOnOurs()
}

/** The Node version that package-lock.json pins. */
function ourNode() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return packages['node_modules/node'].version
}

/** Runs in this process, so that Ctrl-C and other signals reach the program once and directly. */
async function runHere(file) {
  keepCompiled()
  process.argv.splice(1, process.argv.length, file, ...args)
  await import(pathToFileURL(file).href)
}

/**
 * Keeps the compiled modules of this process and of all that it starts. A process of the origin then starts in half the
 * CPU time, since its TypeScript is neither stripped nor compiled again.
 */
function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/node')
  nodeModule.enableCompileCache()
}

/** First run after an installation: npm started this on another Node, before the pinned one was installed. */
function runOnOurs() {
  const child = spawn(join(root, 'node_modules/.bin/node'), process.argv.slice(1), { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both processes; the child decides when to exit.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

/** npm's shell does not forward signals, so this process notices npm's end by losing its parent. */
function endWithParent() {
  const parent = process.ppid
  const check = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(check)
    process.kill(process.pid, 'SIGTERM')
  }, parentCheckMs)
  check.unref()
}
