/**
 * Program: `node infra/local/run.mjs [PROGRAM [ARGUMENT...]]` sets the checkout up, then runs a program of it on the Node
 * that is one of its dependencies. The scripts of the root's package.json all begin here, so none of them needs a set-up
 * of its own, and none needs the syntax of a particular shell.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
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

/** The version that package-lock.json says. */
function ourNode() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return packages['node_modules/node'].version
}

/** In this process: Ctrl-C and other signals reach the program once and at first hand. */
async function runHere(file) {
  process.argv.splice(1, process.argv.length, file, ...args)
  await import(pathToFileURL(file).href)
}

/** The first run after an installation: npm has found another Node before ours was there. */
function runOnOurs() {
  const child = spawn(join(root, 'node_modules/.bin/node'), process.argv.slice(1), { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both; the child decides when it is done.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

/** npm's shell passes no signals on: when npm was told to end, its own end is all that can be seen of it here. */
function endWithParent() {
  const parent = process.ppid
  const check = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(check)
    process.kill(process.pid, 'SIGTERM')
  }, parentCheckMs)
  check.unref()
}
